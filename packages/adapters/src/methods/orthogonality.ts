/**
 * How far factors are from having orthonormal columns or rows. The mean over all P [out, r] and Q [r, in] of
 *
 *   ‖Pᵀ P − I‖_F   and   ‖Q Qᵀ − I‖_F
 *
 * (Zhang et al. 2023, eq. 4, has the sum of squares; the published code and Hugging Face PEFT take the mean of the norms,
 * which the coefficients of the paper's runs belong to.)
 */
import * as tf from '@tensorflow/tfjs';

/** Added below the root, whose derivative at zero is infinite. */
const guard = 1e-12;

/** @param factors P [out, r] and Q [r, in] of every site */
export function orthogonality(
  factors: readonly { readonly a: tf.Tensor; readonly b: tf.Tensor }[],
): tf.Scalar {
  const distances = factors.flatMap(({ a, b }) => [
    distance(tf.matMul(a, a, true, false)),
    distance(tf.matMul(b, b, false, true)),
  ]);
  return tf.div(tf.addN(distances), distances.length);
}

/** ‖G − I‖_F of a Gram matrix [r, r] */
function distance(gram: tf.Tensor): tf.Scalar {
  const [rank = 0] = gram.shape;
  return tf.sqrt(tf.add(tf.sum(tf.square(tf.sub(gram, tf.eye(rank)))), guard));
}
