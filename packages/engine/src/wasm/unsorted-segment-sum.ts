/**
 * tfjs's UnsortedSegmentSum for the wasm backend, which lacks it: the gradient of `gather`, that is of embeddings.
 *
 *   out[s, ...] = Σ over i with segmentIds[i] = s of x[i, ...]
 *
 * Ids outside 0..numSegments−1 are dropped, as TensorFlow does.
 */
import type * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { addSegmentSums } from '../segment-sums.js';

/**
 * @param x [n, ...rest]
 * @param segmentIds [n], int32
 * @returns a new tensor of the backend [numSegments, ...rest], of x's type
 */
export function unsortedSegmentSum(
  backend: BackendWasm,
  x: tf.TensorInfo,
  segmentIds: tf.TensorInfo,
  numSegments: number,
): tf.TensorInfo {
  const [count = 0, ...rest] = x.shape;
  if (segmentIds.shape.length !== 1 || segmentIds.shape[0] !== count) {
    throw new Error(
      `unsortedSegmentSum: segmentIds must be [${count}], one id for each row of x; received shape [${segmentIds.shape.join(', ')}]`,
    );
  }
  const out = backend.makeOutput([numSegments, ...rest], x.dtype);
  const width = rest.reduce((product, size) => product * size, 1);
  const source = backend.typedArrayFromHeap(x);
  const ids = backend.typedArrayFromHeap(segmentIds);
  const sums = backend.typedArrayFromHeap(out);
  sums.fill(0);
  addSegmentSums(source, ids, sums, width);
  return out;
}
