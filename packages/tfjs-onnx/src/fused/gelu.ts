/**
 * The Gaussian error linear unit in its exact form (Hendrycks & Gimpel 2016, arXiv 1606.08415), as Hugging Face's
 * `gelu`:  y = x Φ(x),  Φ(x) = ½ (1 + erf(x/√2)).  Its gradient is written out: dy/dx = Φ(x) + x φ(x).
 */
import * as tf from '@tensorflow/tfjs';
import { isRecording, recordedOne } from './recorded.js';
import { withGradient } from './with-gradient.js';

const inverseSqrt2Pi = 1 / Math.sqrt(2 * Math.PI);

function computed(x: tf.Tensor): tf.Tensor {
  return withGradient([x], () => {
    const cdf = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
    return {
      value: tf.mul(x, cdf),
      saved: { input: x, cdf },
      gradients: (dy, saved) => {
        const density = tf.mul(tf.exp(tf.mul(tf.square(saved.input), -0.5)), inverseSqrt2Pi);
        return [tf.mul(dy, tf.add(saved.cdf, tf.mul(saved.input, density)))];
      },
    };
  });
}

/** @param x any shape, float32 */
export function gelu(x: tf.Tensor): tf.Tensor {
  if (!isRecording()) return computed(x);
  return withGradient([x], () => ({
    value: recordedOne('FusedGelu', { x }),
    saved: { x },
    gradients: (dy, saved) => [recordedOne('FusedGeluGradient', { x: saved.x, dy })],
  }));
}
