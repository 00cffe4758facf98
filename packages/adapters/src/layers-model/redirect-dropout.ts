/** A tfjs Dropout layer that draws its masks from the trainer's source, so that a run can be repeated. */
import * as tf from '@tensorflow/tfjs';

import type { ForwardPass } from './forward-pass.js';
import { onlyTensor } from './only-tensor.js';
import { replaceMethod } from './replace-method.js';

/** @returns what gives the layer back its own method */
export function redirectDropout(layer: tf.layers.Layer, pass: ForwardPass): () => void {
  const { rate, noiseShape } = layer.getConfig();
  return replaceMethod(layer, 'call', (original) => (inputs, kwargs) => {
    const { dropout } = pass;
    // As in tfjs, a rate of 1 drops nothing.
    if (dropout === null || typeof rate !== 'number' || rate <= 0 || rate >= 1) {
      return original.call(layer, inputs, kwargs);
    }
    const x = onlyTensor(inputs);
    if (!Array.isArray(noiseShape)) return dropout.apply(x, rate);
    // One mask value for each of the noise's elements, shared along the sides where it is 1.
    const shape = noiseShape.map((side, axis) => (typeof side === 'number' ? side : (x.shape[axis] ?? 1)));
    return tf.tidy(() => tf.mul(x, dropout.apply(tf.ones(shape), rate)));
  });
}
