/**
 * Layer normalisation over the last axis (Ba et al. 2016, arXiv 1607.06450):
 *
 *   y = γ ⊙ (x − μ) / √(σ² + ε) + β,   μ, σ² the mean and (biased) variance of the last axis
 *
 * The normalisation has its own closed-form gradient, dx = (dy − mean(dy) − x̂ mean(dy ⊙ x̂)) / √(σ² + ε), which needs
 * a third of the kernels that autodiff of the composed expression would run. Scale and shift stay ordinary ops, so
 * that their gradients are only computed when they train.
 */
import * as tf from '@tensorflow/tfjs';

/**
 * @param x [..., width]
 * @param gamma γ [width]
 * @param beta β [width]
 * @param epsilon ε, added to the variance
 * @returns [..., width]
 */
export function layerNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): tf.Tensor {
  const normalise = tf.customGrad((input, save) => {
    if (!(input instanceof tf.Tensor) || typeof save !== 'function') {
      throw new Error('layerNorm: expected a tensor');
    }
    const centred = tf.sub(input, tf.mean(input, -1, true)); // [..., width]
    const variance = tf.mean(tf.square(centred), -1, true); // [..., 1]
    const inverse = tf.rsqrt(tf.add(variance, epsilon)); // [..., 1]
    const value = tf.mul(centred, inverse);
    save([value, inverse]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
        const [xHat, rstd] = saved;
        if (xHat === undefined || rstd === undefined) throw new Error('layerNorm: saved tensors are missing');
        const projection = tf.mul(xHat, tf.mean(tf.mul(dy, xHat), -1, true));
        const dx = tf.sub(tf.sub(dy, tf.mean(dy, -1, true)), projection);
        return tf.mul(dx, rstd);
      },
    };
  });
  return tf.add(tf.mul(normalise(x), gamma), beta);
}
