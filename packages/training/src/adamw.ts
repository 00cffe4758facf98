/**
 * AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101), with the arithmetic of PyTorch's `torch.optim.AdamW`:
 *
 *   m ← β1 m + (1 − β1) g,   v ← β2 v + (1 − β2) g²
 *   w ← w − η ω w − η · (m / (1 − β1^t)) / (√(v / (1 − β2^t)) + ε)
 *
 * Small tensors share one flat buffer of moments, so that a step runs about ten kernels a buffer and two a tensor,
 * not ten a tensor. Vectors (biases, scales) are not decayed.
 */
import * as tf from '@tensorflow/tfjs';
import type { ParameterRole, StateOrigin, Trainable } from '@ggm-peft/adapters';

export interface AdamWOptions {
  /** β1, default 0.9. */
  readonly beta1?: number;
  /** β2, default 0.999. */
  readonly beta2?: number;
  /** ε, default 1e-8. */
  readonly epsilon?: number;
  /** ω, decoupled decay of matrices; default 0. */
  readonly weightDecay?: number;
  /** Values in one flat buffer before the next begins; default 2²⁰. */
  readonly bufferSize?: number;
}

interface Slot {
  readonly trainable: Trainable;
  readonly offset: number;
}

interface Buffer {
  readonly slots: readonly Slot[];
  readonly role: ParameterRole;
  readonly decay: number;
  readonly first: tf.Variable;
  readonly second: tf.Variable;
}

interface Moments {
  readonly first: tf.Tensor;
  readonly second: tf.Tensor;
}

export class AdamW {
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  readonly #weightDecay: number;
  readonly #bufferSize: number;
  #buffers: readonly Buffer[];
  #steps = 0;

  constructor(trainables: readonly Trainable[], options: AdamWOptions = {}) {
    this.#beta1 = options.beta1 ?? 0.9;
    this.#beta2 = options.beta2 ?? 0.999;
    this.#epsilon = options.epsilon ?? 1e-8;
    this.#weightDecay = options.weightDecay ?? 0;
    this.#bufferSize = options.bufferSize ?? 2 ** 20;
    for (const [name, value] of [
      ['beta1', this.#beta1],
      ['beta2', this.#beta2],
    ] as const) {
      if (!(value >= 0 && value < 1)) throw new Error(`AdamW: ${name} must lie in [0, 1); got ${value}`);
    }
    if (!(this.#epsilon > 0)) throw new Error(`AdamW: epsilon must be positive; got ${this.#epsilon}`);
    if (!(this.#weightDecay >= 0)) {
      throw new Error(`AdamW: weightDecay must not be negative; got ${this.#weightDecay}`);
    }
    this.#buffers = this.#allot(trainables, new Map());
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Takes one step.
   * @param gradients one for every trainable, by name
   * @param rates η for the encoder's and the head's values
   */
  step(gradients: ReadonlyMap<string, tf.Tensor>, rates: Readonly<Record<ParameterRole, number>>): void {
    const t = ++this.#steps;
    const correction1 = 1 - this.#beta1 ** t;
    const correction2 = 1 - this.#beta2 ** t;
    for (const { slots, role, decay, first, second } of this.#buffers) {
      const rate = rates[role];
      tf.tidy(() => {
        const gradient = tf.concat(
          slots.map(({ trainable }) => gradientOf(gradients, trainable).reshape([-1])),
        );
        first.assign(tf.add(tf.mul(first, this.#beta1), tf.mul(gradient, 1 - this.#beta1)));
        second.assign(tf.add(tf.mul(second, this.#beta2), tf.mul(tf.square(gradient), 1 - this.#beta2)));
        const scale = tf.add(tf.sqrt(tf.div(second, correction2)), this.#epsilon);
        const change = tf.mul(tf.div(first, scale), rate / correction1);
        for (const { trainable, offset } of slots) {
          const { variable } = trainable;
          const part = tf.slice(change, [offset], [variable.size]).reshape(variable.shape);
          const decayed = decay === 0 ? variable : tf.mul(variable, 1 - rate * decay);
          variable.assign(tf.sub(decayed, part));
        }
      });
    }
  }

  /**
   * Goes on with another set of trainables. A trainable of a known name keeps its moments, sliced where `origins`
   * says so; a new one starts from zero. The step count goes on.
   */
  reallocate(trainables: readonly Trainable[], origins: ReadonlyMap<string, StateOrigin>): void {
    const kept = new Map<string, Moments>();
    for (const { slots, first, second } of this.#buffers) {
      for (const { trainable, offset } of slots) {
        const { name } = trainable;
        // The old variable may be disposed of already: its shape outlives it.
        const shape = trainable.variable.shape;
        const origin = origins.get(name);
        const take = (moment: tf.Tensor): tf.Tensor =>
          tf.tidy(() => {
            const whole = tf.slice(moment, [offset], [trainable.variable.size]).reshape(shape);
            return origin === undefined || origin.indices.length === 0
              ? whole
              : tf.gather(whole, tf.tensor1d([...origin.indices], 'int32'), origin.axis);
          });
        kept.set(name, { first: take(first), second: take(second) });
      }
    }
    const old = this.#buffers;
    this.#buffers = this.#allot(trainables, kept);
    disposeBuffers(old);
    for (const { first, second } of kept.values()) {
      first.dispose();
      second.dispose();
    }
  }

  dispose(): void {
    disposeBuffers(this.#buffers);
    this.#buffers = [];
  }

  #allot(trainables: readonly Trainable[], moments: ReadonlyMap<string, Moments>): Buffer[] {
    const buffers: Buffer[] = [];
    let slots: Slot[] = [];
    let size = 0;
    const decayOf = ({ variable }: Trainable): number => (variable.rank > 1 ? this.#weightDecay : 0);
    const close = (): void => {
      const head = slots[0];
      if (head === undefined) return;
      const moment = (pick: (m: Moments) => tf.Tensor): tf.Variable =>
        tf.tidy(() =>
          tf.variable(
            tf.concat(
              slots.map(({ trainable }) => {
                const known = moments.get(trainable.name);
                const { size: length } = trainable.variable;
                return known === undefined ? tf.zeros([length]) : pick(known).reshape([length]);
              }),
            ),
          ),
        );
      buffers.push({
        slots,
        role: head.trainable.role,
        decay: decayOf(head.trainable),
        first: moment(({ first }) => first),
        second: moment(({ second }) => second),
      });
      slots = [];
      size = 0;
    };
    const groups = new Map<string, Trainable[]>();
    for (const trainable of trainables) {
      const key = `${trainable.role} ${decayOf(trainable)}`;
      groups.set(key, [...(groups.get(key) ?? []), trainable]);
    }
    for (const group of groups.values()) {
      for (const trainable of group) {
        if (size > 0 && size + trainable.variable.size > this.#bufferSize) close();
        slots.push({ trainable, offset: size });
        size += trainable.variable.size;
      }
      close();
    }
    return buffers;
  }
}

function gradientOf(gradients: ReadonlyMap<string, tf.Tensor>, { name }: Trainable): tf.Tensor {
  const gradient = gradients.get(name);
  if (gradient === undefined)
    throw new Error(`AdamW: gradients must hold every trainable; ${name} is missing`);
  return gradient;
}

function disposeBuffers(buffers: readonly Buffer[]): void {
  for (const { first, second } of buffers) {
    first.dispose();
    second.dispose();
  }
}
