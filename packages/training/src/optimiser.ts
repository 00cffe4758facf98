/** What a trainer asks of an optimiser. */
import type { ParameterRole, StateOrigin, Trainable } from '@ggm-peft/adapters';
import type * as tf from '@tensorflow/tfjs';

/** Gradients by the trainables' names. */
export type Gradients = ReadonlyMap<string, tf.Tensor>;

/** m and v of one trainable, in its own order of values. */
export interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Everything that an optimiser goes on from. */
export interface OptimiserState {
  /** Steps taken, t. */
  readonly steps: number;
  /** By the trainables' names. */
  readonly moments: ReadonlyMap<string, Moments>;
}

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
  /** Its state now. The arrays may be the optimiser's own: read them before the next step, and do not write to them. */
  state(): Promise<OptimiserState>;
  /**
   * Goes on from the state of an optimiser with the same trainables; its arrays are copied.
   * @throws when a trainable's moments are missing or have another size, before anything changes
   */
  restore(state: OptimiserState): void;
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

/** @throws when the state lacks them, or their size is not the trainable's */
export function momentsOf({ moments }: OptimiserState, { name, variable }: Trainable): Moments {
  const found = moments.get(name);
  const sizes = [found?.first.length, found?.second.length];
  if (found === undefined || sizes.some((size) => size !== variable.size)) {
    throw new Error(
      `adamW: the state must hold 2 moments of ${variable.size} values for ${name}; ` +
        `got ${sizes.map((size) => size ?? 'none').join(' and ')}`,
    );
  }
  return found;
}
