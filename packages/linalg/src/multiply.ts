/**
 * Matrix products. All of them come down to C = X Yᵀ, the inner products of rows: by the compiled kernels where the
 * product is large enough to pay for copying it there, else in JavaScript.
 */
import { isLargeProduct, kernelProduct, kernelSymmetricProduct, type Rows } from './kernel-products.js';
import { Matrix } from './matrix.js';
import { rowProducts } from './row-products.js';
import { transpose } from './transpose.js';

/** A B. `a` is [m, k], `b` is [k, n]; returns [m, n]. Throws RangeError when the inner sizes differ. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  requireInner('multiply', a, b, a.cols, b.rows);
  return product({ matrix: a, byColumns: false }, { matrix: b, byColumns: true }, a.rows, b.cols, a.cols);
}

/** A Bᵀ. `a` is [m, k], `b` is [n, k]; returns [m, n]. Throws RangeError when the inner sizes differ. */
export function multiplyTransposedRight(a: Matrix, b: Matrix): Matrix {
  requireInner('multiplyTransposedRight', a, b, a.cols, b.cols);
  return product({ matrix: a, byColumns: false }, { matrix: b, byColumns: false }, a.rows, b.rows, a.cols);
}

/** Aᵀ B. `a` is [k, m], `b` is [k, n]; returns [m, n]. Throws RangeError when the inner sizes differ. */
export function multiplyTransposedLeft(a: Matrix, b: Matrix): Matrix {
  requireInner('multiplyTransposedLeft', a, b, a.rows, b.rows);
  return product({ matrix: a, byColumns: true }, { matrix: b, byColumns: true }, a.cols, b.cols, a.rows);
}

/** The Gram matrix A Aᵀ [m, m] of A's m rows, exactly symmetric, at half the cost of the general product. */
export function gram(a: Matrix): Matrix {
  return symmetricProduct(a);
}

/**
 * V diag(values) Vᵀ for the columns of V: what undoes a symmetric eigendecomposition, or applies a function to it.
 * `vectors` is [n, k], `values` has k entries; returns [n, n], exactly symmetric.
 */
export function fromEigen(values: Float64Array, vectors: Matrix): Matrix {
  if (values.length !== vectors.cols) {
    throw new RangeError(
      `fromEigen: values must have one entry a column of vectors, ${vectors.cols}; got ${values.length}`,
    );
  }
  return symmetricProduct(vectors, values);
}

function requireInner(name: string, a: Matrix, b: Matrix, left: number, right: number): void {
  if (left !== right) {
    throw new RangeError(
      `${name}: the inner sizes must agree; got ${left} and ${right} from ${a.rows} x ${a.cols} and ${b.rows} x ${b.cols}`,
    );
  }
}

/** X Yᵀ for m and n rows of k entries. */
function product(x: Rows, y: Rows, m: number, n: number, k: number): Matrix {
  const data = isLargeProduct(m, n, k) ? kernelProduct(x, y) : undefined;
  return new Matrix(m, n, data ?? rowProducts(rowsOf(x), rowsOf(y), m, n, k, false));
}

/** V diag(scale) Vᵀ; without `scale`, V Vᵀ. */
function symmetricProduct(v: Matrix, scale?: Float64Array): Matrix {
  const { rows: n, cols: k } = v;
  const data = isLargeProduct(n, n, k) ? kernelSymmetricProduct(v, scale) : undefined;
  if (data !== undefined) return new Matrix(n, n, data);
  const scaled = scale === undefined ? v.data : v.data.map((value, at) => value * (scale[at % k] ?? 0));
  const result = new Matrix(n, n, rowProducts(scaled, v.data, n, n, k, true));
  mirrorLower(result);
  return result;
}

function rowsOf({ matrix, byColumns }: Rows): Float64Array {
  return (byColumns ? transpose(matrix) : matrix).data;
}

function mirrorLower({ rows: n, data }: Matrix): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) data[j * n + i] = data[i * n + j] ?? 0;
  }
}
