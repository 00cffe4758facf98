/**
 * Importance of weights while they train: AdaLoRA's sensitivity × uncertainty (Zhang et al. 2023, eqs. 8–11), as
 * arXiv 2412.08592 uses it. For every element w with gradient ∂L/∂w, after the optimiser's step t:
 *
 *   s_t = |w · ∂L/∂w|
 *   Ī_t = β1 Ī_{t−1} + (1 − β1) s_t
 *   Ū_t = β2 Ū_{t−1} + (1 − β2) |s_t − Ī_t|        Ī_0 = Ū_0 = 0
 *
 * The score of a tensor is the mean of Ī_t · Ū_t over its elements. Averages are kept in float64.
 */

/** How a tensor's elements fall into scored parts. */
export type ScoredPart =
  /** One score for the whole tensor (a bias). */
  | 'whole'
  /** One score a column of a [rows, columns] matrix (A: components are columns). */
  | 'columns'
  /** One score a row of a [rows, columns] matrix (B: components are rows). */
  | 'rows';

export interface ImportanceOptions {
  /** β1, the decay of the sensitivity's average; default 0.85, in [0, 1). */
  readonly beta1?: number;
  /** β2, the decay of the uncertainty's average; default 0.85, in [0, 1). */
  readonly beta2?: number;
}

/** @throws when a decay is out of range */
export function checkImportance(options: ImportanceOptions): void {
  for (const [name, beta] of Object.entries(options)) {
    if (!(beta >= 0 && beta < 1))
      throw new Error(`ImportanceAverage: ${name} must lie in [0, 1); got ${beta}`);
  }
}

export class ImportanceAverage {
  readonly #sensitivity: Float64Array;
  readonly #uncertainty: Float64Array;
  readonly #beta1: number;
  readonly #beta2: number;

  /**
   * @param rows number of rows (1 for a vector)
   * @param columns number of columns
   * @param part how the elements fall into scored parts
   */
  constructor(
    readonly rows: number,
    readonly columns: number,
    readonly part: ScoredPart,
    { beta1 = 0.85, beta2 = 0.85 }: ImportanceOptions = {},
  ) {
    checkImportance({ beta1, beta2 });
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#sensitivity = new Float64Array(rows * columns);
    this.#uncertainty = new Float64Array(rows * columns);
  }

  get size(): number {
    return this.rows * this.columns;
  }

  /** Ī and Ū of every element, row-major: the average's own arrays. */
  get averages(): { readonly sensitivity: Float64Array; readonly uncertainty: Float64Array } {
    return { sensitivity: this.#sensitivity, uncertainty: this.#uncertainty };
  }

  /** Goes on from the averages of another of the same size, which are copied. */
  restore({ sensitivity, uncertainty }: ImportanceAverage['averages']): void {
    for (const [name, { length }] of Object.entries({ sensitivity, uncertainty })) {
      if (length !== this.size) {
        throw new Error(`ImportanceAverage: ${name} must hold ${this.size} values; got ${length}`);
      }
    }
    this.#sensitivity.set(sensitivity);
    this.#uncertainty.set(uncertainty);
  }

  /**
   * Takes one step's values.
   * @param weights the tensor's elements after the optimiser's step, row-major, beginning at `offset`
   * @param gradients that step's gradient, laid out alike
   */
  update(weights: Float32Array, gradients: Float32Array, offset = 0): void {
    const sensitivity = this.#sensitivity;
    const uncertainty = this.#uncertainty;
    const beta1 = this.#beta1;
    const beta2 = this.#beta2;
    for (let i = 0; i < sensitivity.length; i++) {
      const s = Math.abs((weights[offset + i] ?? 0) * (gradients[offset + i] ?? 0));
      const average = beta1 * (sensitivity[i] ?? 0) + (1 - beta1) * s;
      sensitivity[i] = average;
      uncertainty[i] = beta2 * (uncertainty[i] ?? 0) + (1 - beta2) * Math.abs(s - average);
    }
  }

  /** The scores of the parts: one value for `whole`, else one a column or row. */
  scores(): Float64Array {
    const { rows, columns, part } = this;
    const count = part === 'whole' ? 1 : part === 'columns' ? columns : rows;
    const sums = new Float64Array(count);
    for (let i = 0, row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, i++) {
        const index = part === 'whole' ? 0 : part === 'columns' ? column : row;
        sums[index] = (sums[index] ?? 0) + (this.#sensitivity[i] ?? 0) * (this.#uncertainty[i] ?? 0);
      }
    }
    const elements = (rows * columns) / count;
    return sums.map((sum) => sum / elements);
  }
}
