/**
 * AdamW in tfjs ops, for tensors that live on a device; see adamw.ts for the arithmetic. Small tensors share one flat
 * buffer of moments, so that a step runs about ten kernels a buffer and two a tensor, not ten a tensor.
 */
import * as tf from '@tensorflow/tfjs';
import { assignValues } from '@ggm-peft/adapters';
import type { ParameterRole, StateOrigin, Trainable } from '@ggm-peft/adapters';

import { clipGradients } from './clip.js';
import type { ReadOptions } from './optimiser-options.js';
import { decayOf, gradientOf, momentsOf } from './optimiser.js';
import type { Gradients, Moments, Optimiser, OptimiserState } from './optimiser.js';

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

interface DeviceMoments {
  readonly first: tf.Tensor;
  readonly second: tf.Tensor;
}

export class TensorAdamW implements Optimiser {
  readonly #options: ReadOptions;
  #buffers: readonly Buffer[];
  #steps = 0;

  constructor(trainables: readonly Trainable[], options: ReadOptions) {
    this.#options = options;
    this.#buffers = this.#allot(trainables, new Map());
  }

  get steps(): number {
    return this.#steps;
  }

  step(gradients: Gradients, rates: Readonly<Record<ParameterRole, number>>): void {
    const clipped = this.clipped(gradients);
    try {
      this.#update(clipped, rates);
    } finally {
      tf.dispose([...clipped.values()]);
    }
  }

  clipped(gradients: Gradients): Gradients {
    const { maxNorm } = this.#options;
    if (maxNorm > 0) return clipGradients(gradients, maxNorm);
    return new Map([...gradients].map(([name, gradient]) => [name, gradient.clone()]));
  }

  #update(gradients: Gradients, rates: Readonly<Record<ParameterRole, number>>): void {
    const { beta1, beta2, epsilon } = this.#options;
    const t = ++this.#steps;
    const correction1 = 1 - beta1 ** t;
    const correction2 = 1 - beta2 ** t;
    for (const { slots, role, decay, first, second } of this.#buffers) {
      const rate = rates[role];
      tf.tidy(() => {
        const gradient = tf.concat(
          slots.map(({ trainable }) => gradientOf(gradients, trainable).reshape([-1])),
        );
        first.assign(tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1)));
        second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
        const scale = tf.add(tf.sqrt(tf.div(second, correction2)), epsilon);
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

  reallocate(trainables: readonly Trainable[], origins: ReadonlyMap<string, StateOrigin>): void {
    const kept = new Map<string, DeviceMoments>();
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

  async state(): Promise<OptimiserState> {
    const moments = new Map<string, Moments>();
    for (const { slots, ...buffer } of this.#buffers) {
      const [first, second] = [await floatsOf(buffer.first), await floatsOf(buffer.second)];
      for (const { trainable, offset } of slots) {
        const end = offset + trainable.variable.size;
        moments.set(trainable.name, {
          first: first.subarray(offset, end),
          second: second.subarray(offset, end),
        });
      }
    }
    return { steps: this.#steps, moments };
  }

  restore(state: OptimiserState): void {
    const found = this.#buffers.map(({ slots }) => slots.map(({ trainable }) => momentsOf(state, trainable)));
    for (const [i, { slots, first, second }] of this.#buffers.entries()) {
      const moments = found[i] ?? [];
      for (const [variable, part] of [
        [first, 'first'],
        [second, 'second'],
      ] as const) {
        const values = new Float32Array(variable.size);
        for (const [k, { offset }] of slots.entries()) values.set(moments[k]?.[part] ?? [], offset);
        assignValues(variable, values);
      }
    }
    this.#steps = state.steps;
  }

  dispose(): void {
    disposeBuffers(this.#buffers);
    this.#buffers = [];
  }

  #allot(trainables: readonly Trainable[], moments: ReadonlyMap<string, DeviceMoments>): Buffer[] {
    const buffers: Buffer[] = [];
    let slots: Slot[] = [];
    let size = 0;
    const decay = (trainable: Trainable): number => decayOf(trainable, this.#options.weightDecay);
    const close = (): void => {
      const head = slots[0];
      if (head === undefined) return;
      const moment = (pick: (m: DeviceMoments) => tf.Tensor): tf.Variable =>
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
        decay: decay(head.trainable),
        first: moment(({ first }) => first),
        second: moment(({ second }) => second),
      });
      slots = [];
      size = 0;
    };
    const groups = new Map<string, Trainable[]>();
    for (const trainable of trainables) {
      const key = `${trainable.role} ${decay(trainable)}`;
      groups.set(key, [...(groups.get(key) ?? []), trainable]);
    }
    for (const group of groups.values()) {
      for (const trainable of group) {
        if (size > 0 && size + trainable.variable.size > this.#options.bufferSize) close();
        slots.push({ trainable, offset: size });
        size += trainable.variable.size;
      }
      close();
    }
    return buffers;
  }
}

const floatsOf = (tensor: tf.Tensor): Promise<Float32Array> => tensor.data<'float32'>();

function disposeBuffers(buffers: readonly Buffer[]): void {
  for (const { first, second } of buffers) {
    first.dispose();
    second.dispose();
  }
}
