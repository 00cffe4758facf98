/**
 * Broadcasting of batch dimensions, as runs of equal steps.
 *
 * tfjs's matMul takes operands [...batch, rows, columns] whose batch dimensions are broadcast against each other. A run
 * is a stretch of the output's batch over which either operand's index advances by a constant step (0 or more), so that a
 * run is one call of the batched product: equal batches are one run, and so is a batch against a single matrix.
 */
import * as tf from '@tensorflow/tfjs';

export interface BatchRun {
  readonly first: number;
  readonly count: number;
  readonly aFirst: number;
  readonly bFirst: number;
  readonly aStep: number;
  readonly bStep: number;
}

/** The operand's matrix for every matrix of the output's batch. */
function operandIndices(shape: readonly number[], outShape: readonly number[]): Int32Array {
  const indices = new Int32Array(tf.util.sizeFromShape([...outShape]));
  let outStride = 1;
  let stride = 1;
  for (let fromEnd = 1; fromEnd <= outShape.length; fromEnd++) {
    const outSize = outShape.at(-fromEnd) ?? 1;
    const size = fromEnd <= shape.length ? (shape.at(-fromEnd) ?? 1) : 1;
    if (size !== 1) {
      for (let i = 0; i < indices.length; i++) {
        indices[i] = (indices[i] ?? 0) + (Math.floor(i / outStride) % outSize) * stride;
      }
    }
    outStride *= outSize;
    stride *= size;
  }
  return indices;
}

/** The runs of a broadcast batch, in order. A batch of size 0 has none. */
export function batchRuns(
  aShape: readonly number[],
  bShape: readonly number[],
  outShape: readonly number[],
): BatchRun[] {
  const aIndices = operandIndices(aShape, outShape);
  const bIndices = operandIndices(bShape, outShape);
  const step = (indices: Int32Array, i: number): number => (indices[i + 1] ?? 0) - (indices[i] ?? 0);
  const runs: BatchRun[] = [];
  for (let first = 0; first < aIndices.length;) {
    const last = aIndices.length - 1;
    let end = first;
    const aStep = first < last ? step(aIndices, first) : 0;
    const bStep = first < last ? step(bIndices, first) : 0;
    if (aStep >= 0 && bStep >= 0) {
      while (end < last && step(aIndices, end) === aStep && step(bIndices, end) === bStep) end++;
    }
    const count = end - first + 1;
    runs.push({
      first,
      count,
      aFirst: aIndices[first] ?? 0,
      bFirst: bIndices[first] ?? 0,
      aStep: count > 1 ? aStep : 0,
      bStep: count > 1 ? bStep : 0,
    });
    first = end + 1;
  }
  return runs;
}
