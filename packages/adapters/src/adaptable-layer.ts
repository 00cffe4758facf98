/**
 * A layer with a weight matrix that can carry a low-rank pair: W becomes W + s A diag(λ) B.
 *
 *   W [out, in], A [out, r], B [r, in], λ [r], s a number, b [out]
 *
 * W and b are the layer's own; the pair is put there by a fine-tuning method and may be absent. What the layer computes
 * with them is its kind's matter: see `Linear` and `Embedding`.
 */
import * as tf from '@tensorflow/tfjs';

import { foldComponents } from './components.js';
import type { Parameter } from './parameter.js';
import { assignValues, readFlat } from './tensor-data.js';
import { transposed } from './transposed.js';

/** A [out, r] and B [r, in]: column i of A with row i of B is component i of the layer. */
export interface LowRankPair {
  readonly a: tf.Variable;
  readonly b: tf.Variable;
  /** λ [r], a weight for each component; default: ones. */
  readonly diagonal?: tf.Variable;
  /** s, the constant that the product is multiplied by; default 1. */
  readonly scale?: number;
  /** Rate of dropout on what enters the pair in training, in [0, 1); default 0. Layers that look up rows have none. */
  readonly dropout?: number;
}

/** The variables of a layer's pair; none without one. */
export function pairVariables(pair: LowRankPair | null): tf.Variable[] {
  if (pair === null) return [];
  return pair.diagonal === undefined ? [pair.a, pair.b] : [pair.a, pair.b, pair.diagonal];
}

/** s diag(λ) B [r, in]; B itself where there is neither λ nor s. */
export function weightedRows({ b, diagonal, scale = 1 }: LowRankPair): tf.Tensor2D {
  const rows = diagonal === undefined ? b : tf.mul(diagonal.expandDims(1), b);
  return (scale === 1 ? rows : tf.mul(rows, scale)) as tf.Tensor2D;
}

/** How a layer's variable holds W: as [out, in], or turned round as [in, out]. */
export type WeightOrder = 'out-in' | 'in-out';

export abstract class AdaptableLayer {
  /** Rows of W. */
  readonly outFeatures: number;
  /** Columns of W. */
  readonly inFeatures: number;
  readonly #order: WeightOrder;
  #pair: LowRankPair | null = null;

  /**
   * @param name the layer's name in the checkpoint, without `.weight`
   * @param weight W, in the order given
   * @param bias b [out], or null for a layer without one
   * @param order default [out, in]
   */
  constructor(
    readonly name: string,
    readonly weight: Parameter,
    readonly bias: Parameter | null,
    order: WeightOrder = 'out-in',
  ) {
    const { shape } = weight.variable;
    if (shape.length !== 2) {
      throw new Error(`${new.target.name} ${name}: weight must be a matrix; got [${shape.join(', ')}]`);
    }
    const [rows = 0, columns = 0] = shape;
    const [out, inn] = order === 'out-in' ? [rows, columns] : [columns, rows];
    if (bias !== null && (bias.variable.rank !== 1 || bias.variable.shape[0] !== out)) {
      throw new Error(
        `${new.target.name} ${name}: bias must be [${out}]; got [${bias.variable.shape.join(', ')}]`,
      );
    }
    this.outFeatures = out;
    this.inFeatures = inn;
    this.#order = order;
  }

  get pair(): LowRankPair | null {
    return this.#pair;
  }

  /** Puts a low-rank pair in place (null takes it away). The caller owns the variables and disposes of them. */
  setPair(pair: LowRankPair | null): void {
    if (pair !== null) this.#check(pair);
    this.#pair = pair;
  }

  /** W [out, in], row-major. */
  async readWeight(): Promise<Float32Array> {
    const values = await readFlat([this.weight.variable]);
    return this.#order === 'out-in' ? values : transposed(values, this.inFeatures, this.outFeatures);
  }

  /** @param values W [out, in], row-major */
  assignWeight(values: Float32Array): void {
    assignValues(
      this.weight.variable,
      this.#order === 'out-in' ? values : transposed(values, this.outFeatures, this.inFeatures),
    );
  }

  /**
   * What the weight's variable would hold with the pair folded in, in the variable's own order: summed in float64 and
   * rounded once. The layer stays as it is.
   */
  async readFolded(): Promise<Float32Array> {
    const { outFeatures: out, inFeatures: inn } = this;
    const pair = this.#pair;
    if (pair === null) return readFlat([this.weight.variable]);
    const rows = tf.tidy(() => weightedRows(pair).clone());
    const [weight, a, b] = await Promise.all([this.readWeight(), readFlat([pair.a]), readFlat([rows])]);
    rows.dispose();
    const rank = b.length / inn;
    const all = Array.from({ length: rank }, (_, i) => i);
    const folded = foldComponents(weight, a, b, out, inn, rank, all);
    return this.#order === 'out-in' ? folded : transposed(folded, out, inn);
  }

  /** Adds the pair's product to W and takes the pair away: what the layer computes stays, up to rounding. */
  foldPair(): void {
    const pair = this.#pair;
    if (pair === null) return;
    const { variable } = this.weight;
    tf.tidy(() => {
      if (variable.isDisposed) return;
      const product = tf.matMul(pair.a, weightedRows(pair)); // [out, in]
      variable.assign(tf.add(variable, this.#order === 'out-in' ? product : tf.transpose(product)));
    });
    this.#pair = null;
  }

  #check({ a, b, diagonal, scale = 1, dropout = 0 }: LowRankPair): void {
    const rank = a.shape[1];
    if (a.shape[0] !== this.outFeatures || b.shape[1] !== this.inFeatures || b.shape[0] !== rank) {
      throw new Error(
        `${this.name}: pair must be a [${this.outFeatures}, r] and b [r, ${this.inFeatures}]; ` +
          `got a [${a.shape.join(', ')}] and b [${b.shape.join(', ')}]`,
      );
    }
    if (diagonal !== undefined && (diagonal.rank !== 1 || diagonal.shape[0] !== rank)) {
      throw new Error(
        `${this.name}: the pair's diagonal must be [${rank}]; got [${diagonal.shape.join(', ')}]`,
      );
    }
    if (!Number.isFinite(scale)) {
      throw new Error(`${this.name}: the pair's scale must be finite; got ${scale}`);
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new Error(`${this.name}: the pair's dropout must lie in [0, 1); got ${dropout}`);
    }
  }
}
