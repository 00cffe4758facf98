/**
 * Matrix products. All of them come down to one kernel, C = A Bᵀ, whose inner loop walks two contiguous rows:
 * two rows of A meet four rows of B, so that eight sums live in registers and every load serves several of them.
 */
import { Matrix } from './matrix.js';
import { transpose } from './transpose.js';

/** A B. `a` is [m, k], `b` is [k, n]; returns [m, n]. Throws RangeError when the inner sizes differ. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  requireInner('multiply', a, b, a.cols, b.rows);
  return rowProducts(a, transpose(b), false);
}

/** A Bᵀ. `a` is [m, k], `b` is [n, k]; returns [m, n]. Throws RangeError when the inner sizes differ. */
export function multiplyTransposedRight(a: Matrix, b: Matrix): Matrix {
  requireInner('multiplyTransposedRight', a, b, a.cols, b.cols);
  return rowProducts(a, b, false);
}

/** Aᵀ B. `a` is [k, m], `b` is [k, n]; returns [m, n]. Throws RangeError when the inner sizes differ. */
export function multiplyTransposedLeft(a: Matrix, b: Matrix): Matrix {
  requireInner('multiplyTransposedLeft', a, b, a.rows, b.rows);
  return rowProducts(transpose(a), transpose(b), false);
}

/** The Gram matrix A Aᵀ [m, m] of A's m rows, exactly symmetric, at half the cost of the general product. */
export function gram(a: Matrix): Matrix {
  const result = rowProducts(a, a, true);
  mirrorLower(result);
  return result;
}

/**
 * V diag(values) Vᵀ for the columns of V: what undoes a symmetric eigendecomposition, or applies a function to it.
 * `vectors` is [n, k], `values` has k entries; returns [n, n], exactly symmetric.
 */
export function fromEigen(values: Float64Array, vectors: Matrix): Matrix {
  const { rows, cols } = vectors;
  if (values.length !== cols) {
    throw new RangeError(
      `fromEigen: values must have one entry a column of vectors, ${cols}; got ${values.length}`,
    );
  }
  const scaled = vectors.clone();
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      scaled.data[i * cols + j] = (vectors.data[i * cols + j] ?? 0) * (values[j] ?? 0);
    }
  }
  const result = rowProducts(scaled, vectors, true);
  mirrorLower(result);
  return result;
}

function requireInner(name: string, a: Matrix, b: Matrix, left: number, right: number): void {
  if (left !== right) {
    throw new RangeError(
      `${name}: the inner sizes must agree; got ${left} and ${right} from ${a.rows} x ${a.cols} and ${b.rows} x ${b.cols}`,
    );
  }
}

/** C = A Bᵀ; with `lowerOnly` only the entries on and below the diagonal need be right. */
function rowProducts(a: Matrix, b: Matrix, lowerOnly: boolean): Matrix {
  const m = a.rows;
  const n = b.rows;
  const k = a.cols;
  const x = a.data;
  const y = b.data;
  const result = Matrix.zeros(m, n);
  const out = result.data;
  for (let j = 0; j < n; j += 4) {
    // A short last tile reads row j again and again and writes only what exists.
    const width = Math.min(4, n - j);
    const b0 = j * k;
    const b1 = width > 1 ? b0 + k : b0;
    const b2 = width > 2 ? b0 + 2 * k : b0;
    const b3 = width > 3 ? b0 + 3 * k : b0;
    for (let i = lowerOnly ? j : 0; i < m; i += 2) {
      const a0 = i * k;
      const a1 = i + 1 < m ? a0 + k : a0;
      let c00 = 0;
      let c01 = 0;
      let c02 = 0;
      let c03 = 0;
      let c10 = 0;
      let c11 = 0;
      let c12 = 0;
      let c13 = 0;
      for (let l = 0; l < k; l++) {
        const u = x[a0 + l] ?? 0;
        const v = x[a1 + l] ?? 0;
        const p = y[b0 + l] ?? 0;
        const q = y[b1 + l] ?? 0;
        const r = y[b2 + l] ?? 0;
        const s = y[b3 + l] ?? 0;
        c00 += u * p;
        c01 += u * q;
        c02 += u * r;
        c03 += u * s;
        c10 += v * p;
        c11 += v * q;
        c12 += v * r;
        c13 += v * s;
      }
      const o = i * n + j;
      out[o] = c00;
      if (width > 1) out[o + 1] = c01;
      if (width > 2) out[o + 2] = c02;
      if (width > 3) out[o + 3] = c03;
      if (i + 1 < m) {
        out[o + n] = c10;
        if (width > 1) out[o + n + 1] = c11;
        if (width > 2) out[o + n + 2] = c12;
        if (width > 3) out[o + n + 3] = c13;
      }
    }
  }
  return result;
}

function mirrorLower(a: Matrix): void {
  const { rows: n, data } = a;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) data[j * n + i] = data[i * n + j] ?? 0;
  }
}
