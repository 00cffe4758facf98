/**
 * Cholesky's factorisation A = L Lᵀ of a symmetric positive definite matrix, and what it gives: log-determinant,
 * solutions and inverse. Rows of L meet rows of L, so all memory access is contiguous. Large matrices go to the
 * compiled kernels where those can run; the loops here are the same method row by row.
 */
import type { CholeskyResult } from './cholesky-result.js';
import { kernelCholesky, kernelInverse } from './kernel-cholesky.js';
import { Matrix } from './matrix.js';
import { gram } from './multiply.js';
import { requireSymmetric } from './norms.js';
import { checkOptions } from './check-options.js';
import { transpose } from './transpose.js';

/** Options of {@link cholesky}. */
export interface CholeskyOptions {
  /** A pivot must exceed this fraction of its diagonal entry; in [0, 1), default 0. */
  readonly tolerance?: number;
}

/** From this size on the kernels are faster (measured). */
const SMALLEST_FOR_KERNELS = 24;

/**
 * Factorises a symmetric matrix. A pivot that is not above `tolerance` · a_kk is an answer, not an exception: it is
 * returned with its (zero-based) index and value.
 *
 * @param a [n, n], symmetric; only the lower triangle is read. Not modified.
 * @throws RangeError when `a` is not square, finite and symmetric, or the tolerance is out of range.
 */
export function cholesky(a: Matrix, options: CholeskyOptions = {}): CholeskyResult {
  checkOptions('cholesky', options, ['tolerance']);
  const { tolerance = 0 } = options;
  if (!(tolerance >= 0 && tolerance < 1)) {
    throw new RangeError(`cholesky: tolerance must lie in [0, 1); got ${tolerance}`);
  }
  requireSymmetric('cholesky: a', a);
  const large = a.rows >= SMALLEST_FOR_KERNELS;
  return (large ? kernelCholesky(a, tolerance) : undefined) ?? factorByRows(a, tolerance);
}

/** {@link cholesky} without kernels and checks. */
function factorByRows(a: Matrix, tolerance: number): CholeskyResult {
  const n = a.rows;
  const x = a.data;
  const lower = Matrix.zeros(n, n);
  const l = lower.data;
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j <= i; j++) {
      const other = j * n;
      let sum = x[row + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (l[row + k] ?? 0) * (l[other + k] ?? 0);
      if (j < i) {
        l[row + j] = sum / (l[other + j] ?? 0);
      } else {
        if (!(sum > 0 && sum > tolerance * (x[row + i] ?? 0))) {
          return { status: 'not-positive-definite', pivot: i, value: sum };
        }
        l[row + i] = Math.sqrt(sum);
      }
    }
  }
  return { status: 'ok', lower };
}

/** log det(L Lᵀ) = 2 Σ log l_ii, from the factor L [n, n]. */
export function logDeterminant(lower: Matrix): number {
  let sum = 0;
  for (let i = 0; i < lower.rows; i++) sum += Math.log(lower.data[i * lower.cols + i] ?? 0);
  return 2 * sum;
}

/**
 * The solution X [n, k] of L Lᵀ X = B, from the factor L [n, n].
 *
 * @throws RangeError when B does not have n rows.
 */
export function choleskySolve(lower: Matrix, b: Matrix): Matrix {
  const n = lower.rows;
  if (b.rows !== n) throw new RangeError(`choleskySolve: b must have ${n} rows; got ${b.rows}`);
  const k = b.cols;
  const result = b.clone();
  const x = result.data;
  const l = lower.data;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) subtractRow(x, k, i, j, l[i * n + j] ?? 0);
    divideRow(x, k, i, l[i * n + i] ?? 0);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) subtractRow(x, k, i, j, l[j * n + i] ?? 0);
    divideRow(x, k, i, l[i * n + i] ?? 0);
  }
  return result;
}

/** (L Lᵀ)⁻¹ [n, n], exactly symmetric, from the factor L [n, n]. */
export function choleskyInverse(lower: Matrix): Matrix {
  const large = lower.rows >= SMALLEST_FOR_KERNELS;
  return (large ? kernelInverse(lower) : undefined) ?? invertByRows(lower);
}

/** {@link choleskyInverse} without kernels: L⁻¹ by rows, then L⁻ᵀ L⁻¹. */
function invertByRows(lower: Matrix): Matrix {
  const n = lower.rows;
  const l = lower.data;
  const inverse = Matrix.identity(n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j < i; j++) {
      const factor = l[row + j] ?? 0;
      // Row j of L⁻¹ ends at its diagonal.
      for (let k = 0; k <= j; k++) {
        inverse.data[row + k] = (inverse.data[row + k] ?? 0) - factor * (inverse.data[j * n + k] ?? 0);
      }
    }
    const pivot = l[row + i] ?? 0;
    for (let k = 0; k <= i; k++) inverse.data[row + k] = (inverse.data[row + k] ?? 0) / pivot;
  }
  return gram(transpose(inverse));
}

/** x[i, :] −= factor · x[j, :] for rows of k entries. */
function subtractRow(x: Float64Array, k: number, i: number, j: number, factor: number): void {
  for (let c = 0; c < k; c++) x[i * k + c] = (x[i * k + c] ?? 0) - factor * (x[j * k + c] ?? 0);
}

/** x[i, :] /= divisor for rows of k entries. */
function divideRow(x: Float64Array, k: number, i: number, divisor: number): void {
  for (let c = 0; c < k; c++) x[i * k + c] = (x[i * k + c] ?? 0) / divisor;
}
