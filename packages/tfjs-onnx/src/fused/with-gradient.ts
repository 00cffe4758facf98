/** tfjs's customGrad, typed: an operation with a gradient of its own. */
import * as tf from '@tensorflow/tfjs';

export interface WithGradient<S extends string> {
  readonly value: tf.Tensor;
  /** What the gradient needs, kept until then. */
  readonly saved: Readonly<Record<S, tf.Tensor>>;
  /** The gradients by each of the inputs, from that by the value. */
  readonly gradients: (dy: tf.Tensor, saved: Readonly<Record<S, tf.Tensor>>) => readonly tf.Tensor[];
}

export function withGradient<S extends string>(
  inputs: readonly tf.Tensor[],
  operation: () => WithGradient<S>,
): tf.Tensor {
  const differentiable = tf.customGrad((...given) => {
    const save = given.at(-1);
    if (typeof save !== 'function') throw new Error('withGradient: tfjs gave no function that saves');
    const { value, saved, gradients } = operation();
    const names = Object.keys(saved);
    save(Object.values<tf.Tensor>(saved));
    return {
      value,
      gradFunc: (dy: tf.Tensor, kept: tf.Tensor[]) => {
        const named = Object.fromEntries(names.map((name, i) => [name, kept[i]]));
        return [...gradients(dy, named as Readonly<Record<S, tf.Tensor>>)];
      },
    };
  });
  return differentiable(...inputs);
}
