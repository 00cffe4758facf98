/**
 * tfjs's GatherV2 along axis 0 on the wasm backend: an embedding's look-up.
 *
 *   out[i…, …] = x[indices[i…], …]
 *
 * One copy a row, where tfjs-backend-wasm finds every element's place from its coordinates.
 */
import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { WasmHeap } from './heap.js';

/** Whether `gatherRows` takes it: rows of numbers, chosen by integers. */
export function canGatherRows(
  x: tf.TensorInfo,
  indices: tf.TensorInfo,
  axes: readonly number[] | undefined,
  batchDims: unknown,
): boolean {
  const isFirstAxis = axes?.length === 1 && (axes[0] === 0 || axes[0] === -x.shape.length);
  return isFirstAxis && (batchDims ?? 0) === 0 && x.dtype !== 'string' && indices.dtype === 'int32';
}

/**
 * @param x [n, ...rest]
 * @param indices int32 in 0..n−1, of any shape; checked
 * @returns a new tensor of the backend [...indices' shape, ...rest], of x's type
 */
export function gatherRows(
  backend: BackendWasm,
  heap: WasmHeap,
  x: tf.TensorInfo,
  indices: tf.TensorInfo,
): tf.TensorInfo {
  const [rowCount = 0, ...rest] = x.shape;
  for (const index of backend.typedArrayFromHeap(indices)) {
    if (index < 0 || index >= rowCount) {
      throw new Error(`GatherV2: indices must be in 0..${rowCount - 1}; got ${index}`);
    }
  }
  const out = backend.makeOutput([...indices.shape, ...rest], x.dtype);
  const rowBytes = tf.util.sizeFromShape(rest) * tf.util.bytesPerElement(x.dtype);
  const source = backend.getMemoryOffset(x.dataId);
  // Views taken before makeOutput may have died with it
  const bytes = heap.bytes();
  let target = backend.getMemoryOffset(out.dataId);
  for (const index of backend.typedArrayFromHeap(indices)) {
    const from = source + index * rowBytes;
    bytes.copyWithin(target, from, from + rowBytes);
    target += rowBytes;
  }
  return out;
}
