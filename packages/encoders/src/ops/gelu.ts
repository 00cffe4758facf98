/**
 * The Gaussian error linear unit in its exact form (Hendrycks & Gimpel 2016, arXiv 1606.08415), as Hugging Face's
 * `gelu`:  y = x Φ(x),  Φ(x) = ½ (1 + erf(x/√2)).  Its gradient is written out: dy/dx = Φ(x) + x φ(x).
 */
import * as tf from '@tensorflow/tfjs';

const inverseSqrt2 = Math.SQRT1_2;
const inverseSqrt2Pi = 1 / Math.sqrt(2 * Math.PI);

/** @param x any shape */
export function gelu(x: tf.Tensor): tf.Tensor {
  const op = tf.customGrad((input, save) => {
    if (!(input instanceof tf.Tensor) || typeof save !== 'function')
      throw new Error('gelu: expected a tensor');
    const cdf = tf.mul(tf.add(tf.erf(tf.mul(input, inverseSqrt2)), 1), 0.5);
    save([input, cdf]);
    return {
      value: tf.mul(input, cdf),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
        const [saved0, saved1] = saved;
        if (saved0 === undefined || saved1 === undefined) throw new Error('gelu: saved tensors are missing');
        const density = tf.mul(tf.exp(tf.mul(tf.square(saved0), -0.5)), inverseSqrt2Pi);
        return tf.mul(dy, tf.add(saved1, tf.mul(saved0, density)));
      },
    };
  });
  return op(x);
}
