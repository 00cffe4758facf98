/** Dropout with a given mask (Srivastava et al. 2014): y = scale · mask ⊙ x. The gradient goes through the same mask. */
import * as tf from '@tensorflow/tfjs';
import { isRecording, recordedOne } from './recorded.js';
import { withGradient } from './with-gradient.js';

function through(x: tf.Tensor, mask: tf.Tensor, scale: number): tf.Tensor {
  return isRecording()
    ? recordedOne('FusedDropout', { x, mask }, { scale })
    : tf.where(mask, tf.mul(x, scale), 0);
}

/**
 * @param x any shape, float32
 * @param mask of the same shape, 1 where an element is kept and 0 where not: bool, recorded as uint8
 * @param scale what kept elements are multiplied by
 */
export function maskedDropout(x: tf.Tensor, mask: tf.Tensor, scale: number): tf.Tensor {
  return withGradient([x], () => ({
    value: through(x, mask, scale),
    saved: { mask },
    gradients: (dy, saved) => [through(dy, saved.mask, scale)],
  }));
}
