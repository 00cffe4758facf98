/**
 * AdamW for tensors in host memory: the norm first, then one pass over the arrays of each trainable that reads gradient,
 * moments and weight and writes moments and weight. Sums are taken in float64; moments and weights are kept in float32.
 *
 * A trained variable's values lie in an array of the optimiser's own, which every step writes anew and assigns as a new
 * tensor: whoever has kept an array from `data` or `dataSync` sees it change, whoever has kept a clone does not.
 */
import * as tf from '@tensorflow/tfjs';
import type { ParameterRole, StateOrigin, Trainable } from '@ggm-peft/adapters';

import { normGuard } from './clip.js';
import type { ReadOptions } from './optimiser-options.js';
import { decayOf, gradientOf, momentsOf } from './optimiser.js';
import type { Gradients, Optimiser, OptimiserState } from './optimiser.js';

interface Slot {
  readonly trainable: Trainable;
  readonly decay: number;
  readonly first: Float32Array;
  readonly second: Float32Array;
  /** The array that the optimiser last gave the variable. */
  weights: Float32Array | null;
}

/** One step's constants, the same for every element. */
interface Pass {
  readonly scale: number;
  readonly rate: number;
  readonly decay: number;
  readonly correction1: number;
  readonly correction2: number;
}

const arrayOf = (tensor: tf.Tensor): Float32Array => tensor.dataSync<'float32'>();

function assign(variable: tf.Variable, values: Float32Array): void {
  tf.tidy(() => {
    variable.assign(tf.tensor(values, variable.shape, 'float32'));
  });
}

/** A copy of moments of a tensor of this shape, whole or the slice that `origin` names. */
function takeMoments(moments: Float32Array, shape: readonly number[], origin?: StateOrigin): Float32Array {
  if (origin === undefined || origin.indices.length === 0) return moments.slice();
  const outer = shape.slice(0, origin.axis).reduce((product, side) => product * side, 1);
  const side = shape[origin.axis] ?? 1;
  const inner = shape.slice(origin.axis + 1).reduce((product, length) => product * length, 1);
  const taken = new Float32Array(outer * origin.indices.length * inner);
  let to = 0;
  for (let block = 0; block < outer; block++) {
    for (const index of origin.indices) {
      const from = (block * side + index) * inner;
      taken.set(moments.subarray(from, from + inner), to);
      to += inner;
    }
  }
  return taken;
}

export class HostAdamW implements Optimiser {
  readonly #options: ReadOptions;
  #slots: readonly Slot[];
  #steps = 0;

  constructor(trainables: readonly Trainable[], options: ReadOptions) {
    this.#options = options;
    this.#slots = trainables.map((trainable) => this.#slot(trainable));
  }

  get steps(): number {
    return this.#steps;
  }

  step(gradients: Gradients, rates: Readonly<Record<ParameterRole, number>>): void {
    const arrays = this.#slots.map(({ trainable }) => arrayOf(gradientOf(gradients, trainable)));
    const scale = this.#scale(gradients);
    const { beta1, beta2 } = this.#options;
    const t = ++this.#steps;
    const corrections = { correction1: 1 - beta1 ** t, correction2: 1 - beta2 ** t };
    for (const [i, slot] of this.#slots.entries()) {
      const { trainable, decay } = slot;
      const weights = this.#ownWeights(slot);
      const rate = rates[trainable.role];
      this.#pass(slot, weights, arrays[i] ?? new Float32Array(0), { scale, rate, decay, ...corrections });
      assign(trainable.variable, weights);
    }
  }

  clipped(gradients: Gradients): Gradients {
    const scale = this.#scale(gradients);
    return new Map(
      [...gradients].map(([name, gradient]) => [
        name,
        tf.tensor(
          arrayOf(gradient).map((value) => value * scale),
          gradient.shape,
          'float32',
        ),
      ]),
    );
  }

  reallocate(trainables: readonly Trainable[], origins: ReadonlyMap<string, StateOrigin>): void {
    const known = new Map(this.#slots.map((slot) => [slot.trainable.name, slot]));
    this.#slots = trainables.map((trainable) => {
      const old = known.get(trainable.name);
      if (old === undefined) return this.#slot(trainable);
      const origin = origins.get(trainable.name);
      // The old variable may be disposed of already: its shape outlives it.
      const { shape } = old.trainable.variable;
      return {
        ...this.#slot(trainable),
        first: takeMoments(old.first, shape, origin),
        second: takeMoments(old.second, shape, origin),
      };
    });
  }

  state(): Promise<OptimiserState> {
    const moments = this.#slots.map(
      ({ trainable, first, second }) => [trainable.name, { first, second }] as const,
    );
    return Promise.resolve({ steps: this.#steps, moments: new Map(moments) });
  }

  restore(state: OptimiserState): void {
    const moments = this.#slots.map(({ trainable }) => momentsOf(state, trainable));
    for (const [i, { first, second }] of this.#slots.entries()) {
      first.set(moments[i]?.first ?? []);
      second.set(moments[i]?.second ?? []);
    }
    this.#steps = state.steps;
  }

  dispose(): void {
    this.#slots = [];
  }

  #slot(trainable: Trainable): Slot {
    const { size } = trainable.variable;
    const decay = decayOf(trainable, this.#options.weightDecay);
    return {
      trainable,
      decay,
      first: new Float32Array(size),
      second: new Float32Array(size),
      weights: null,
    };
  }

  /** min(1, c / (‖g‖ + 1e-6)) */
  #scale(gradients: Gradients): number {
    const { maxNorm } = this.#options;
    if (maxNorm === 0) return 1;
    let squares = 0;
    for (const gradient of gradients.values()) {
      const values = arrayOf(gradient);
      for (let i = 0; i < values.length; i++) {
        const value = values[i] ?? 0;
        squares += value * value;
      }
    }
    return Math.min(1, maxNorm / (Math.sqrt(squares) + normGuard));
  }

  /** The variable's values in an array that nobody else works with. */
  #ownWeights(slot: Slot): Float32Array {
    const { variable } = slot.trainable;
    const values = arrayOf(variable);
    if (values === slot.weights && tf.backend().refCount(variable.dataId) === 1) return values;
    slot.weights = values.slice();
    return slot.weights;
  }

  #pass({ first, second }: Slot, weights: Float32Array, gradient: Float32Array, pass: Pass): void {
    const { beta1, beta2, epsilon } = this.#options;
    const { scale, rate, decay, correction1, correction2 } = pass;
    const kept = 1 - rate * decay;
    const change = rate / correction1;
    for (let i = 0; i < weights.length; i++) {
      const g = scale * (gradient[i] ?? 0);
      const m = beta1 * (first[i] ?? 0) + (1 - beta1) * g;
      const v = beta2 * (second[i] ?? 0) + (1 - beta2) * g * g;
      first[i] = m;
      second[i] = v;
      weights[i] = kept * (weights[i] ?? 0) - (change * m) / (Math.sqrt(v / correction2) + epsilon);
    }
  }
}
