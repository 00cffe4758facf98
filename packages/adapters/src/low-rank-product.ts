/**
 * x (W + A B)ᵀ for many rows of x: the weights are added once, and x is multiplied once. Multiplying x by W, B and A one after
 * the other costs two thin products more and reads and writes the output twice more; with a thousand rows or so that is
 * a tenth of the whole.
 *
 *   y = x (W + A B)ᵀ,   ∂x = ∂y (W + A B),   ∂A = ∂yᵀ (x Bᵀ),   ∂B = (∂y A)ᵀ x,   ∂W = ∂yᵀ x
 */
import * as tf from '@tensorflow/tfjs';

import { defineOperation } from './operation.js';

interface Shapes {
  /** x [rows, in] */
  readonly rows: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** Whether adding the weights is less work than multiplying by them one after the other. */
export function mergingPays({ rows, inFeatures, outFeatures }: Shapes): boolean {
  return rows * (inFeatures + outFeatures) > inFeatures * outFeatures;
}

const sum = (w: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(w, tf.matMul(a, b));

/** x [rows, in], w [out, in], a [out, r], b [r, in] → [rows, out] */
export const mergedProduct = defineOperation({
  name: 'LowRankMergedProduct',
  inputs: ['x', 'w', 'a', 'b'],
  forward: ({ x, w, a, b }) => tf.matMul(x, sum(w, a, b), false, true),
  gradients: {
    x: (dy, { w, a, b }) => tf.matMul(dy, sum(w, a, b)),
    w: (dy, { x }) => tf.matMul(dy, x, true, false),
    a: (dy, { x, b }) => tf.matMul(dy, tf.matMul(x, b, false, true), true, false),
    b: (dy, { x, a }) => tf.matMul(tf.matMul(dy, a), x, true, false),
  },
});
