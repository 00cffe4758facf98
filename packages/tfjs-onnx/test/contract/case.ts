/** What the contract suite runs: tfjs code on random inputs. */
import type * as tf from '@tensorflow/tfjs';
import type { Random } from './random.js';

export interface Drawn {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly fn: (inputs: Readonly<Record<string, tf.Tensor>>) => tf.Tensor | readonly tf.Tensor[];
  /** Names of float inputs by which the outputs can be differentiated. Default none. */
  readonly by?: readonly string[];
}

export interface Case {
  readonly title: string;
  readonly draw: (random: Random) => Drawn;
}

/** An input by name. */
export function get(inputs: Readonly<Record<string, tf.Tensor>>, name: string): tf.Tensor {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`contract: no input ${name}`);
  return tensor;
}

/** A case of one tensor x. */
export const ofOne = (
  title: string,
  draw: (random: Random) => tf.Tensor,
  fn: (x: tf.Tensor, random: Random) => tf.Tensor | readonly tf.Tensor[],
  differentiable = true,
): Case => ({
  title,
  draw: (random) => {
    const x = draw(random);
    const seeded = random.fork();
    return {
      inputs: { x },
      fn: (inputs) => fn(get(inputs, 'x'), seeded.fork()),
      by: differentiable && x.dtype === 'float32' ? ['x'] : [],
    };
  },
});

/** A case of two tensors a and b. */
export const ofTwo = (
  title: string,
  draw: (random: Random) => readonly [tf.Tensor, tf.Tensor],
  fn: (a: tf.Tensor, b: tf.Tensor, random: Random) => tf.Tensor | readonly tf.Tensor[],
  differentiable = true,
): Case => ({
  title,
  draw: (random) => {
    const [a, b] = draw(random);
    const seeded = random.fork();
    const floats = [...(a.dtype === 'float32' ? ['a'] : []), ...(b.dtype === 'float32' ? ['b'] : [])];
    return {
      inputs: { a, b },
      fn: (inputs) => fn(get(inputs, 'a'), get(inputs, 'b'), seeded.fork()),
      by: differentiable ? floats : [],
    };
  },
});
