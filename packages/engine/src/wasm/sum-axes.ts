/**
 * tfjs's Sum on the wasm backend over neighbouring axes that aren't the last: the gradient of a bias.
 *
 * Seen as [outer, reduced, inner], it is `outer` sums over rows (sum-rows.ts). tfjs-backend-wasm transposes first.
 */
import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { SumRowsFunction } from './float-functions.js';

export interface SumPlan {
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
  readonly outShape: number[];
}

/**
 * How to sum over these axes by rows.
 *
 * @returns undefined where rows don't help: nothing to sum, nothing behind the axes, axes apart from one another
 */
export function planSum(
  shape: readonly number[],
  axes: readonly number[],
  keepDims: boolean,
): SumPlan | undefined {
  const isReduced = shape.map((_, axis) =>
    axes.some((given) => (given < 0 ? given + shape.length : given) === axis),
  );
  // An axis of size 1 is neither here nor there
  const long = shape.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  const first = long.findIndex((axis) => isReduced[axis] === true);
  if (first < 0) return undefined;
  const afterwards = long.slice(first).findIndex((axis) => isReduced[axis] === false);
  if (afterwards < 0) return undefined;
  const behind = long.slice(first + afterwards);
  if (behind.some((axis) => isReduced[axis] === true)) return undefined;
  const product = (chosen: readonly number[]): number =>
    chosen.reduce((size, axis) => size * (shape[axis] ?? 1), 1);
  const outer = product(long.slice(0, first));
  const reduced = product(long.slice(first, first + afterwards));
  const inner = product(behind);
  if (outer * reduced * inner === 0) return undefined;
  const outShape = shape.flatMap((size, axis) => (isReduced[axis] === false ? [size] : keepDims ? [1] : []));
  return { outer, reduced, inner, outShape };
}

/** @returns a new float32 tensor of the backend, of shape `outShape` */
export function sumAxes(
  backend: BackendWasm,
  sumRows: SumRowsFunction,
  x: tf.TensorInfo,
  { outer, reduced, inner, outShape }: SumPlan,
): tf.TensorInfo {
  const out = backend.makeOutput(outShape, 'float32');
  const floatBytes = tf.util.bytesPerElement('float32');
  const source = backend.getMemoryOffset(x.dataId);
  const target = backend.getMemoryOffset(out.dataId);
  for (let i = 0; i < outer; i++) {
    sumRows(source + i * reduced * inner * floatBytes, target + i * inner * floatBytes, reduced, inner);
  }
  return out;
}
