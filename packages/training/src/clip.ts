/** Clipping of gradients by their global norm (Pascanu et al. 2013, arXiv 1211.5063). */
import * as tf from '@tensorflow/tfjs';

/**
 * Multiplies all gradients by min(1, maxNorm / (‖g‖ + 1e-6)), ‖g‖ the norm of all of them together, as PyTorch's
 * `clip_grad_norm_` does. Everything stays on the engine.
 * @returns new tensors, which the caller disposes of
 */
export function clipGradients(
  gradients: ReadonlyMap<string, tf.Tensor>,
  maxNorm: number,
): ReadonlyMap<string, tf.Tensor> {
  const clipped = tf.tidy(() => {
    const squares = [...gradients.values()].map((gradient) => tf.sum(tf.square(gradient)));
    const norm = tf.sqrt(tf.addN(squares));
    const scale = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
    return [...gradients.values()].map((gradient) => tf.mul(gradient, scale));
  });
  return new Map([...gradients.keys()].map((name, i) => [name, clipped[i] ?? tf.scalar(NaN)]));
}
