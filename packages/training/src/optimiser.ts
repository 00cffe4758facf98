/** What a trainer asks of an optimiser. */
import type { ParameterRole, StateOrigin, Trainable } from '@ggm-peft/adapters';
import type * as tf from '@tensorflow/tfjs';

/** Gradients by the trainables' names. */
export type Gradients = ReadonlyMap<string, tf.Tensor>;

export interface Optimiser {
  /** Steps taken so far, t. */
  readonly steps: number;
  /**
   * Clips the gradients and takes one step. The gradients stay as they are.
   * @param gradients one for every trainable
   * @param rates η for the encoder's and the head's values
   */
  step(gradients: Gradients, rates: Readonly<Record<ParameterRole, number>>): void;
  /**
   * Gradients as `step` works with them: clipped.
   * @returns new tensors, which the caller disposes of
   */
  clipped(gradients: Gradients): Gradients;
  /**
   * Goes on with another set of trainables. A trainable of a known name keeps its moments, sliced where `origins`
   * says so; a new one starts from zero. The step count goes on.
   */
  reallocate(trainables: readonly Trainable[], origins: ReadonlyMap<string, StateOrigin>): void;
  dispose(): void;
}

/** @throws when there is none */
export function gradientOf(gradients: Gradients, { name }: Trainable): tf.Tensor {
  const gradient = gradients.get(name);
  if (gradient === undefined)
    throw new Error(`adamW: gradients must hold every trainable; ${name} is missing`);
  return gradient;
}

/** ω of a trainable: vectors (biases, scales) are not decayed. */
export function decayOf({ variable }: Trainable, weightDecay: number): number {
  return variable.rank > 1 ? weightDecay : 0;
}
