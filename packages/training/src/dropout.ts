/**
 * Dropout from a seed. Masks are drawn on the host, whatever the engine, and applied on it.
 * Each random 32-bit word serves two elements with 16 bits each: the probability is exact to 1/65536, and the scale of
 * what is kept is that of the probability really used, so that expectations are kept exactly.
 */
import * as tf from '@tensorflow/tfjs';
import type { DropoutSource } from '@ggm-peft/adapters';
import type { Generator } from '@ggm-peft/random';

const levels = 65536;

export class SeededDropout implements DropoutSource {
  readonly #generator: Generator;

  /** @param generator where the randomness comes from; equal seeds give equal masks for an equal sequence of calls */
  constructor(generator: Generator) {
    this.#generator = generator;
  }

  apply<T extends tf.Tensor>(x: T, rate: number): T {
    return tf.mul(x, tf.tensor(this.mask(x.size, rate), x.shape, 'float32'));
  }

  /**
   * Draws a mask.
   * @param size number of elements
   * @param rate probability of zero, in [0, 1)
   * @returns zeros, and 1/(1 − rate) elsewhere [size]
   */
  mask(size: number, rate: number): Float32Array {
    if (!(rate >= 0 && rate < 1)) throw new Error(`SeededDropout: rate must lie in [0, 1); got ${rate}`);
    const dropped = Math.min(levels - 1, Math.round(rate * levels));
    const kept = levels / (levels - dropped);
    const mask = new Float32Array(size);
    for (let i = 0; i < size; i += 2) {
      const word = this.#generator.word();
      if ((word & 0xffff) >= dropped) mask[i] = kept;
      // A write beyond the end of an odd-sized array is ignored.
      if (word >>> 16 >= dropped) mask[i + 1] = kept;
    }
    return mask;
  }
}
