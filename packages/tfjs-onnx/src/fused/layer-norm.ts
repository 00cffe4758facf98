/**
 * Layer normalisation over the last axis (Ba et al. 2016, arXiv 1607.06450):
 *
 *   y = γ ⊙ x̂ + β,   x̂ = (x − μ) / √(σ² + ε),   μ, σ² the mean and (biased) variance of the last axis
 *
 * with the closed-form gradient  dx = (g − mean(g) − x̂ mean(g ⊙ x̂)) / √(σ² + ε),  g = γ ⊙ dy,  which needs a third of the
 * kernels that autodiff of the composed expression would run. Gradients of scale and shift are only computed when they
 * train.
 */
import * as tf from '@tensorflow/tfjs';
import { isRecording, recorded, recordedOne } from './recorded.js';
import { withGradient } from './with-gradient.js';

/** x̂ has its own gradient; scale and shift stay ordinary ops, whose gradients tfjs leaves out where nothing trains. */
function computed(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): tf.Tensor {
  const normalised = withGradient([x], () => {
    const centred = tf.sub(x, tf.mean(x, -1, true)); // [..., width]
    const variance = tf.mean(tf.square(centred), -1, true); // [..., 1]
    const inverse = tf.rsqrt(tf.add(variance, epsilon)); // [..., 1]
    const value = tf.mul(centred, inverse);
    return {
      value,
      saved: { value, inverse },
      gradients: (dy, saved) => {
        const projection = tf.mul(saved.value, tf.mean(tf.mul(dy, saved.value), -1, true));
        const dx = tf.sub(tf.sub(dy, tf.mean(dy, -1, true)), projection);
        return [tf.mul(dx, saved.inverse)];
      },
    };
  });
  return tf.add(tf.mul(normalised, gamma), beta);
}

/**
 * @param x [..., width], float32
 * @param gamma γ [width]
 * @param beta β [width]
 * @param epsilon ε, added to the variance
 * @returns [..., width]
 */
export function layerNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): tf.Tensor {
  if (!isRecording()) return computed(x, gamma, beta, epsilon);
  return withGradient([x, gamma, beta], () => {
    const [value, mean, inverse] = recorded('FusedLayerNorm', { x, gamma, beta }, { epsilon });
    if (value === undefined || mean === undefined || inverse === undefined)
      throw new Error('FusedLayerNorm: three outputs expected');
    return {
      value,
      saved: { x, gamma, mean, inverse },
      // Gradients that nothing needs are left out of the graph
      gradients: (dy, saved) => [
        recordedOne('FusedLayerNormGradient', { ...saved, dy }),
        recordedOne('FusedLayerNormScaleGradient', {
          x: saved.x,
          mean: saved.mean,
          inverse: saved.inverse,
          dy,
        }),
        tf.sum(
          dy,
          dy.shape.slice(0, -1).map((_, axis) => axis),
        ),
      ],
    };
  });
}
