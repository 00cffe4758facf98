/**
 * tfjs's matMul on the wasm backend's tensors, by our own product (gemm-module.ts).
 *
 * tfjs-backend-wasm multiplies with XNNPACK when neither operand is transposed or batched, and with a plain triple loop
 * otherwise; tfjs's gradient of matMul always transposes, and attention is always batched.
 */
import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { batchRuns } from './batch-runs.js';
import type { Gemm, GemmCall } from './gemm.js';
import type { KernelParameters } from './kernel-parameters.js';

export interface MatMulOptions {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export function matMulOptions({ attrs }: KernelParameters): MatMulOptions {
  return { transposeA: attrs?.['transposeA'] === true, transposeB: attrs?.['transposeB'] === true };
}

const floatBytes = 4;

interface MatMulShapes {
  readonly batch: number[];
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

function matMulShapes(
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: MatMulOptions,
): MatMulShapes {
  const size = (x: tf.TensorInfo, fromEnd: 1 | 2): number => x.shape.at(-fromEnd) ?? 1;
  const depth = size(a, transposeA ? 2 : 1);
  const bDepth = size(b, transposeB ? 1 : 2);
  if (depth !== bDepth) {
    throw new Error(
      `matMul: inner sizes must be equal; received ${depth} and ${bDepth}, of shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}] with transposeA=${transposeA} and transposeB=${transposeB}`,
    );
  }
  return {
    batch: tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)),
    rows: size(a, transposeA ? 1 : 2),
    columns: size(b, transposeB ? 2 : 1),
    depth,
  };
}

/** The calls that make up a broadcast product; addresses from a, b and c on. */
export function gemmCalls(
  addresses: { readonly a: number; readonly b: number; readonly c: number },
  aBatch: readonly number[],
  bBatch: readonly number[],
  { batch, rows, columns, depth }: MatMulShapes,
  { transposeA, transposeB }: MatMulOptions,
): GemmCall[] {
  return batchRuns(aBatch, bBatch, batch).map((run) => {
    // Matrices that follow one another and meet a single B are one tall matrix (where B stays, A goes on)
    const tall = run.bStep === 0 && !transposeA;
    return {
      a: addresses.a + run.aFirst * rows * depth * floatBytes,
      b: addresses.b + run.bFirst * depth * columns * floatBytes,
      c: addresses.c + run.first * rows * columns * floatBytes,
      batches: tall ? 1 : run.count,
      aStep: tall ? 0 : run.aStep * rows * depth,
      bStep: run.bStep * depth * columns,
      rows: tall ? rows * run.count : rows,
      columns,
      depth,
      transposeA,
      transposeB,
    };
  });
}

/** Integers: rare and small, so a plain loop. Sums are those of doubles, cut to 32 bits, as on tfjs's cpu backend. */
function integerMatMul(
  backend: BackendWasm,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { batch, rows, columns, depth }: MatMulShapes,
  { transposeA, transposeB }: MatMulOptions,
): tf.TensorInfo {
  const out = backend.makeOutput([...batch, rows, columns], a.dtype);
  const aValues = backend.typedArrayFromHeap(a);
  const bValues = backend.typedArrayFromHeap(b);
  const outValues = backend.typedArrayFromHeap(out);
  for (const run of batchRuns(a.shape.slice(0, -2), b.shape.slice(0, -2), batch)) {
    for (let index = 0; index < run.count; index++) {
      const aOffset = (run.aFirst + index * run.aStep) * rows * depth;
      const bOffset = (run.bFirst + index * run.bStep) * depth * columns;
      const outOffset = (run.first + index) * rows * columns;
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          let sum = 0;
          for (let k = 0; k < depth; k++) {
            const x = aValues[aOffset + (transposeA ? k * rows + i : i * depth + k)] ?? 0;
            const y = bValues[bOffset + (transposeB ? j * depth + k : k * columns + j)] ?? 0;
            sum += x * y;
          }
          outValues[outOffset + i * columns + j] = sum;
        }
      }
    }
  }
  return out;
}

/**
 * op(a)·op(b) for a [...batch, m, k] and b [...batch, k, n] (before transposition), batch dimensions broadcast.
 *
 * @returns a new tensor of the backend [...batch, m, n], of a's type
 */
export function matMul(
  backend: BackendWasm,
  gemm: Gemm,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  options: MatMulOptions,
): tf.TensorInfo {
  const shapes = matMulShapes(a, b, options);
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return integerMatMul(backend, a, b, shapes, options);
  const { batch, rows, columns, depth } = shapes;
  const out = backend.makeOutput([...batch, rows, columns], 'float32');
  if (tf.util.sizeFromShape(out.shape) === 0) return out;
  if (depth === 0) {
    backend.typedArrayFromHeap(out).fill(0);
    return out;
  }
  const addresses = {
    a: backend.getMemoryOffset(a.dataId),
    b: backend.getMemoryOffset(b.dataId),
    c: backend.getMemoryOffset(out.dataId),
  };
  for (const call of gemmCalls(addresses, a.shape.slice(0, -2), b.shape.slice(0, -2), shapes, options)) {
    gemm.run(call);
  }
  return out;
}
