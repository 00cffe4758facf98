/** A model that is no transformer: tanh(query) ⊙ key → value → head, on dense inputs. Contract tests run on it. */
import * as tf from '@tensorflow/tfjs';

import { Linear } from '../src/index.js';
import type { AdaptableLayer, AdaptableModel, Parameter, ParameterRole } from '../src/index.js';

export const toyWidth = 12;

/** Deterministic values in [−½, ½) that are no pattern (a Weyl sequence). */
export function toyValues(size: number, seed: number): Float32Array {
  return Float32Array.from(
    { length: size },
    (_, i) => (((i + 1) * 0.6180339887 + seed * 0.7548776662) % 1) - 0.5,
  );
}

export class ToyModel implements AdaptableModel {
  readonly layers: readonly AdaptableLayer[];
  readonly parameters: readonly Parameter[];
  readonly #query: Linear;
  readonly #key: Linear;
  readonly #value: Linear;
  readonly #head: Linear;

  constructor(seed = 0) {
    const parameters: Parameter[] = [];
    const linear = (name: string, out: number, inn: number, role: ParameterRole): Linear => {
      const add = (part: string, shape: number[]): Parameter => {
        const size = shape.reduce((product, side) => product * side, 1);
        const data = toyValues(size, seed + parameters.length);
        const parameter = {
          name: `${name}.${part}`,
          variable: tf.tidy(() => tf.variable(tf.tensor(data, shape))),
          role,
        };
        parameters.push(parameter);
        return parameter;
      };
      return new Linear(name, add('weight', [out, inn]), add('bias', [out]));
    };
    this.#query = linear('encoder.layer.0.query', toyWidth, toyWidth, 'encoder');
    this.#key = linear('encoder.layer.0.key', toyWidth, toyWidth, 'encoder');
    this.#value = linear('encoder.layer.0.value', 8, toyWidth, 'encoder');
    this.#head = linear('classifier', 2, 8, 'head');
    this.parameters = parameters;
    this.layers = [this.#query, this.#key, this.#value, this.#head];
  }

  /** @param x [batch, width] @returns [batch, 2] */
  forward(x: tf.Tensor): tf.Tensor {
    const mixed = tf.mul(tf.tanh(this.#query.apply(x)), this.#key.apply(x));
    return this.#head.apply(tf.tanh(this.#value.apply(mixed)));
  }

  dispose(): void {
    for (const { variable } of this.parameters) variable.dispose();
  }
}

/** A batch of inputs [size, width]. */
export function toyInputs(size: number, seed = 100): tf.Tensor2D {
  return tf.tensor2d(toyValues(size * toyWidth, seed), [size, toyWidth]);
}
