/** Norms, traces and the checks that other functions make at their border. */
import type { Matrix } from './matrix.js';

/** √Σ x², scaled by the largest entry so that neither overflow nor underflow can spoil it. */
export function euclideanNorm(x: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const value = Math.abs(x[i] ?? 0);
    if (!(value <= largest)) largest = value;
  }
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const value = (x[i] ?? 0) / largest;
    sum += value * value;
  }
  return largest * Math.sqrt(sum);
}

/** The Frobenius norm ‖A‖_F = √Σ a_ij². */
export function frobeniusNorm(a: Matrix): number {
  return euclideanNorm(a.data);
}

/**
 * tr(A B) without forming the product: Σ_ij a_ij b_ji. `a` is [m, n], `b` is [n, m].
 *
 * @throws RangeError when the shapes are not each other's transpose.
 */
export function traceOfProduct(a: Matrix, b: Matrix): number {
  if (a.rows !== b.cols || a.cols !== b.rows) {
    throw new RangeError(
      `traceOfProduct: b must be ${a.cols} x ${a.rows} for a ${a.rows} x ${a.cols}; got ${b.rows} x ${b.cols}`,
    );
  }
  const { rows, cols } = a;
  let trace = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) trace += (a.data[i * cols + j] ?? 0) * (b.data[j * rows + i] ?? 0);
  }
  return trace;
}

/** max |a_ij|; NaN when an entry is NaN. */
export function largestMagnitude(a: Matrix): number {
  let largest = 0;
  for (const value of a.data) {
    if (Number.isNaN(value)) return Number.NaN;
    largest = Math.max(largest, Math.abs(value));
  }
  return largest;
}

/**
 * Checks that a matrix is square, finite and symmetric to within `tolerance` · max|a_ij|.
 *
 * @param caller name that begins the error message, such as `symmetricEigen: a`.
 * @param tolerance relative; default 1e-6, which products computed in single precision satisfy.
 * @throws RangeError naming the first offending entry.
 */
export function requireSymmetric(caller: string, a: Matrix, tolerance = 1e-6): void {
  const { rows: n, cols, data } = a;
  if (n !== cols) throw new RangeError(`${caller} must be square; got ${n} x ${cols}`);
  requireFinite(caller, a);
  const allowed = tolerance * largestMagnitude(a);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const lower = data[i * n + j] ?? 0;
      const upper = data[j * n + i] ?? 0;
      if (Math.abs(lower - upper) > allowed) {
        throw new RangeError(
          `${caller} must be symmetric; entry [${j}, ${i}] = ${upper} but [${i}, ${j}] = ${lower}`,
        );
      }
    }
  }
}

/**
 * Checks that every entry is finite.
 *
 * @throws RangeError naming the first entry that is not.
 */
export function requireFinite(caller: string, a: Matrix): void {
  const at = a.data.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    throw new RangeError(
      `${caller} must be finite; entry [${Math.floor(at / a.cols)}, ${at % a.cols}] = ${a.data[at] ?? Number.NaN}`,
    );
  }
}
