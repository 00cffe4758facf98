/**
 * A layer with a weight matrix that can carry a low-rank pair: W becomes W + A B.
 *
 *   W [out, in], A [out, r], B [r, in], b [out]
 *
 * W and b are the layer's own; the pair (A, B) is put there by a fine-tuning method and may be absent. What the layer
 * computes with them is its kind's matter: see `Linear` and `Embedding`.
 */
import type * as tf from '@tensorflow/tfjs';

import type { Parameter } from './parameter.js';

/** A [out, r] and B [r, in]: column i of A with row i of B is component i of the layer. */
export interface LowRankPair {
  readonly a: tf.Variable;
  readonly b: tf.Variable;
}

export abstract class AdaptableLayer {
  /** Rows of W. */
  readonly outFeatures: number;
  /** Columns of W. */
  readonly inFeatures: number;
  #pair: LowRankPair | null = null;

  /**
   * @param name the layer's name in the checkpoint, without `.weight`
   * @param weight W [out, in]
   * @param bias b [out], or null for a layer without one
   */
  constructor(
    readonly name: string,
    readonly weight: Parameter,
    readonly bias: Parameter | null,
  ) {
    const { shape } = weight.variable;
    if (shape.length !== 2) {
      throw new Error(`${new.target.name} ${name}: weight must be a matrix; got [${shape.join(', ')}]`);
    }
    const [out = 0, inn = 0] = shape;
    if (bias !== null && (bias.variable.rank !== 1 || bias.variable.shape[0] !== out)) {
      throw new Error(
        `${new.target.name} ${name}: bias must be [${out}]; got [${bias.variable.shape.join(', ')}]`,
      );
    }
    this.outFeatures = out;
    this.inFeatures = inn;
  }

  get pair(): LowRankPair | null {
    return this.#pair;
  }

  /** Puts a low-rank pair in place (null takes it away). The caller owns the variables and disposes of them. */
  setPair(pair: LowRankPair | null): void {
    if (pair !== null) {
      const { a, b } = pair;
      const rank = a.shape[1];
      if (a.shape[0] !== this.outFeatures || b.shape[1] !== this.inFeatures || b.shape[0] !== rank) {
        throw new Error(
          `${this.name}: pair must be a [${this.outFeatures}, r] and b [r, ${this.inFeatures}]; ` +
            `got a [${a.shape.join(', ')}] and b [${b.shape.join(', ')}]`,
        );
      }
    }
    this.#pair = pair;
  }
}
