/** Random shapes and tensors for the contract suite, from a seed. */
import * as tf from '@tensorflow/tfjs';
import { keyOf, uniforms } from '../../src/streams/counter-generator.js';

export class Random {
  #count = 0;

  constructor(readonly seed: number) {}

  /** A generator that starts anew from a seed of this one's: each fork of it draws the same. */
  fork(): Random {
    return new Random(this.seed + 1);
  }

  #numbers(size: number, low: number, high: number): Float32Array {
    return uniforms(keyOf('contract', this.seed, this.#count++), size, low, high);
  }

  /** An integer in low..high. */
  integer(low: number, high: number): number {
    return low + Math.floor((this.#numbers(1, 0, 1)[0] ?? 0) * (high - low + 1));
  }

  pick<T>(choices: readonly T[], otherwise: T): T {
    return choices[this.integer(0, choices.length - 1)] ?? otherwise;
  }

  flag(): boolean {
    return this.integer(0, 1) === 1;
  }

  shape(least = 0, most = 4, longest = 4): number[] {
    return Array.from({ length: this.integer(least, most) }, () => this.integer(1, longest));
  }

  /** Two shapes that broadcast to each other. */
  broadcastable(): [number[], number[]] {
    const full = this.shape(1, 4);
    const thin = (): number[] => full.map((size) => (this.integer(0, 3) === 0 ? 1 : size));
    return [thin(), thin().slice(this.integer(0, full.length - 1))];
  }

  floats(shape: number[], low = -2, high = 2): tf.Tensor {
    return tf.tensor(this.#numbers(tf.util.sizeFromShape(shape), low, high), shape);
  }

  /** Distinct values, so that no order depends on how ties are broken. */
  distinct(shape: number[]): tf.Tensor {
    const size = tf.util.sizeFromShape(shape);
    const order = Array.from(this.#numbers(size, 0, 1), (x, i) => ({ x, i })).sort((a, b) => a.x - b.x);
    return tf.tensor(
      order.map(({ i }) => (i - size / 2 + 0.25) / 3),
      shape,
    );
  }

  integers(shape: number[], low = -5, high = 5): tf.Tensor {
    const values = this.#numbers(tf.util.sizeFromShape(shape), low, high + 1);
    return tf.tensor(Int32Array.from(values, Math.floor), shape, 'int32');
  }

  bools(shape: number[]): tf.Tensor {
    const values = this.#numbers(tf.util.sizeFromShape(shape), 0, 1);
    return tf.tensor(Uint8Array.from(values, Math.round), shape, 'bool');
  }
}
