/**
 * A dense real matrix: a Float64Array in row-major order together with its shape.
 *
 * Entry (i, j) is `data[i * cols + j]`. The shape and every index are checked here, at the border; the
 * algorithms of this package read `data` directly and unchecked.
 */
export class Matrix {
  /** Number of rows, at least 1. */
  readonly rows: number;
  /** Number of columns, at least 1. */
  readonly cols: number;
  /** The entries, row by row; length rows · cols. Not copied by the constructor. */
  readonly data: Float64Array;

  /**
   * Wraps (does not copy) row-major entries.
   *
   * @throws RangeError when a dimension is not a positive integer or the length is not rows · cols.
   */
  constructor(rows: number, cols: number, data: Float64Array) {
    if (!Number.isSafeInteger(rows) || !Number.isSafeInteger(cols) || rows < 1 || cols < 1) {
      throw new RangeError(`Matrix: rows and cols must be positive integers; got ${rows} x ${cols}`);
    }
    if (data.length !== rows * cols) {
      throw new RangeError(
        `Matrix: data must hold rows * cols = ${rows * cols} entries for ${rows} x ${cols}; got ${data.length}`,
      );
    }
    this.rows = rows;
    this.cols = cols;
    this.data = data;
  }

  /** The rows × cols matrix of zeros. */
  static zeros(rows: number, cols: number): Matrix {
    const length = Number.isSafeInteger(rows * cols) && rows > 0 && cols > 0 ? rows * cols : 0;
    return new Matrix(rows, cols, new Float64Array(length));
  }

  /** The size × size identity. */
  static identity(size: number): Matrix {
    const result = Matrix.zeros(size, size);
    for (let i = 0; i < size; i++) result.data[i * size + i] = 1;
    return result;
  }

  /** The square matrix with `values` on its diagonal. */
  static diagonal(values: ArrayLike<number>): Matrix {
    const size = values.length;
    const result = Matrix.zeros(size, size);
    for (let i = 0; i < size; i++) result.data[i * size + i] = values[i] ?? 0;
    return result;
  }

  /**
   * Copies a list of equally long rows.
   *
   * @throws RangeError when there is no row, or a row's length differs from the first one's.
   */
  static from(rows: readonly ArrayLike<number>[]): Matrix {
    const cols = rows[0]?.length ?? 0;
    const result = Matrix.zeros(rows.length, cols);
    rows.forEach((row, i) => {
      if (row.length !== cols) {
        throw new RangeError(
          `Matrix.from: row ${i} must have ${cols} entries as row 0 has; got ${row.length}`,
        );
      }
      result.data.set(row, i * cols);
    });
    return result;
  }

  /** Copies row-major single-precision entries (a tensor's values, say) into a double-precision matrix. */
  static fromFloat32(rows: number, cols: number, data: Float32Array): Matrix {
    return new Matrix(rows, cols, Float64Array.from(data));
  }

  /**
   * The entry in row i and column j.
   *
   * @throws RangeError when the index lies outside the matrix.
   */
  get(i: number, j: number): number {
    return this.data[this.#offset('get', i, j)] ?? 0;
  }

  /**
   * Replaces the entry in row i and column j.
   *
   * @throws RangeError when the index lies outside the matrix.
   */
  set(i: number, j: number, value: number): void {
    this.data[this.#offset('set', i, j)] = value;
  }

  /** Row i as a view: writing to it writes to the matrix. */
  row(i: number): Float64Array {
    const start = this.#offset('row', i, 0);
    return this.data.subarray(start, start + this.cols);
  }

  /** Column j as a copy. */
  column(j: number): Float64Array {
    this.#offset('column', 0, j);
    const result = new Float64Array(this.rows);
    for (let i = 0; i < this.rows; i++) result[i] = this.data[i * this.cols + j] ?? 0;
    return result;
  }

  /** A copy that shares nothing with this matrix. */
  clone(): Matrix {
    return new Matrix(this.rows, this.cols, this.data.slice());
  }

  /** The entries as nested plain arrays, row by row. */
  toRows(): number[][] {
    return Array.from({ length: this.rows }, (_, i) => Array.from(this.row(i)));
  }

  #offset(method: string, i: number, j: number): number {
    if (!Number.isInteger(i) || !Number.isInteger(j) || i < 0 || j < 0 || i >= this.rows || j >= this.cols) {
      throw new RangeError(
        `Matrix.${method}: index [${i}, ${j}] must lie inside ${this.rows} x ${this.cols}`,
      );
    }
    return i * this.cols + j;
  }
}
