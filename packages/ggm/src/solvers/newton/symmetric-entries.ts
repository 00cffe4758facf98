/**
 * A symmetric matrix with few entries, by rows (compressed sparse rows): both copies of an entry are kept, so that a
 * product with a vector reads rows only. A row's entries are in ascending order, those up to the diagonal first.
 */
import { Matrix } from '@ggm-peft/linalg';

/** Which entries there are (i ≤ j), by j: the ascending rows i of column j. */
export type ActiveSet = readonly Int32Array[];

export class SymmetricEntries {
  /** Column of each position. */
  readonly columns: Int32Array;
  readonly values: Float64Array;
  readonly #size: number;
  readonly #starts: Int32Array; // [p + 1]
  /** Where a row's entries beyond the diagonal begin. */
  readonly #middles: Int32Array; // [p]
  /** The position of an entry's mirror image. */
  readonly #twins: Int32Array;

  /** All zeros. */
  constructor(size: number, active: ActiveSet) {
    this.#size = size;
    const above = new Int32Array(size); // entries of a row beyond its diagonal
    active.forEach((rows, j) => {
      for (const i of rows) if (i !== j) above[i] = (above[i] ?? 0) + 1;
    });
    this.#starts = new Int32Array(size + 1);
    this.#middles = new Int32Array(size);
    for (let j = 0; j < size; j++) {
      const middle = (this.#starts[j] ?? 0) + (active[j]?.length ?? 0);
      this.#middles[j] = middle;
      this.#starts[j + 1] = middle + (above[j] ?? 0);
    }
    const count = this.#starts[size] ?? 0;
    this.columns = new Int32Array(count);
    this.values = new Float64Array(count);
    this.#twins = new Int32Array(count);
    const next = this.#middles.slice();
    active.forEach((rows, j) => {
      rows.forEach((i, k) => {
        const position = (this.#starts[j] ?? 0) + k;
        this.columns[position] = i;
        const twin = i === j ? position : (next[i] ?? 0);
        if (i !== j) next[i] = twin + 1;
        this.columns[twin] = j;
        this.#twins[position] = twin;
      });
    });
  }

  /** The first position of row j; those up to `firstAbove` are the pairs (i, j), i ≤ j. */
  first(j: number): number {
    return this.#starts[j] ?? 0;
  }

  firstAbove(j: number): number {
    return this.#middles[j] ?? 0;
  }

  /** Sets an entry, by its position at or before the diagonal, and its mirror image. */
  set(position: number, value: number): void {
    this.values[position] = value;
    this.values[this.#twins[position] ?? position] = value;
  }

  /** out = this · x for x = w[at …]. */
  timesRow(w: Float64Array, at: number, out: Float64Array): void {
    const { columns, values } = this;
    let position = 0;
    for (let row = 0; row < this.#size; row++) {
      const end = this.#starts[row + 1] ?? 0;
      let sum = 0;
      for (; position < end; position++)
        sum += (values[position] ?? 0) * (w[at + (columns[position] ?? 0)] ?? 0);
      out[row] = sum;
    }
  }

  toMatrix(): Matrix {
    const p = this.#size;
    const result = Matrix.zeros(p, p);
    for (let row = 0; row < p; row++) {
      for (let position = this.#starts[row] ?? 0; position < (this.#starts[row + 1] ?? 0); position++) {
        result.data[row * p + (this.columns[position] ?? 0)] = this.values[position] ?? 0;
      }
    }
    return result;
  }
}
