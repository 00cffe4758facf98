/** Layers put together from named parameters. */
import { Linear } from '@ggm-peft/adapters';
import type { DropoutSource, Parameter } from '@ggm-peft/adapters';
import { layerNorm } from '@ggm-peft/tfjs-onnx';
import type * as tf from '@tensorflow/tfjs';

/** Scale and shift of layer normalisation. */
export interface Norm {
  readonly gamma: tf.Variable;
  readonly beta: tf.Variable;
}

/** Parameters by name. */
export class ParameterTable {
  readonly #owner: string;
  readonly #byName: ReadonlyMap<string, Parameter>;

  /** @param owner the model's class, for messages */
  constructor(owner: string, parameters: readonly Parameter[]) {
    this.#owner = owner;
    this.#byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  }

  /** @throws when there is none of this name */
  parameter(name: string): Parameter {
    const found = this.#byName.get(name);
    if (found === undefined) throw new Error(`${this.#owner}: parameter ${name} is missing`);
    return found;
  }

  linear(name: string): Linear {
    return new Linear(name, this.parameter(`${name}.weight`), this.parameter(`${name}.bias`));
  }

  norm(name: string): Norm {
    return {
      gamma: this.parameter(`${name}.weight`).variable,
      beta: this.parameter(`${name}.bias`).variable,
    };
  }
}

export function normalise(x: tf.Tensor, { gamma, beta }: Norm, epsilon: number): tf.Tensor {
  return layerNorm(x, gamma, beta, epsilon);
}

/** @param dropout null leaves `x` as it is */
export function drop(x: tf.Tensor, dropout: DropoutSource | null, rate: number): tf.Tensor {
  return dropout === null || rate === 0 ? x : dropout.apply(x, rate);
}

/** A model's input tensors by name. */
export type Inputs = Readonly<Record<string, tf.Tensor>>;

/** @throws when there is none of this name */
export function inputOf(owner: string, inputs: Inputs, name: string): tf.Tensor {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`${owner}: input ${name} is missing`);
  return tensor;
}
