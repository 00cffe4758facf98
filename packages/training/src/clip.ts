/** Clipping of gradients by their global norm in tfjs ops; see adamw.ts. */
import * as tf from '@tensorflow/tfjs';

import type { Gradients } from './optimiser.js';

/** Added to the norm before dividing by it, as PyTorch's `clip_grad_norm_` does. */
export const normGuard = 1e-6;

/**
 * Multiplies all gradients by min(1, maxNorm / (‖g‖ + 1e-6)), ‖g‖ the norm of all of them together. Everything stays on
 * the engine.
 * @returns new tensors, which the caller disposes of
 */
export function clipGradients(gradients: Gradients, maxNorm: number): Gradients {
  const clipped = tf.tidy(() => {
    const squares = [...gradients.values()].map((gradient) => tf.sum(tf.square(gradient)));
    const norm = tf.sqrt(tf.addN(squares));
    const scale = tf.minimum(tf.div(maxNorm, tf.add(norm, normGuard)), 1);
    return [...gradients.values()].map((gradient) => tf.mul(gradient, scale));
  });
  return new Map([...gradients.keys()].map((name, i) => [name, clipped[i] ?? tf.scalar(NaN)]));
}
