/** Norms, traces and the checks that other functions make at their border. */
import { Matrix } from './matrix.js';

/** Side of the tiles in which a matrix is compared with its transpose. */
const TILE = 32;

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
  const { data } = a;
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const value = Math.abs(data[i] ?? 0);
    if (value > largest) largest = value;
    else if (Number.isNaN(value)) return Number.NaN;
  }
  return largest;
}

/**
 * For callers without types, who may give an array of rows. A Matrix of another copy of this package will do.
 *
 * @param what names the argument, such as `fitGgm: covariance`.
 * @throws TypeError when it is no Matrix.
 */
export function requireMatrix(what: string, a: unknown): void {
  if (a instanceof Matrix || hasMatrixShape(a)) return;
  const got = Array.isArray(a) ? 'an array; write Matrix.from(rows)' : typeof a;
  throw new TypeError(`${what} must be a Matrix; got ${got}`);
}

function hasMatrixShape(a: unknown): boolean {
  if (typeof a !== 'object' || a === null) return false;
  const { rows, cols, data } = a as Partial<Matrix>;
  return (
    Number.isSafeInteger(rows) && data instanceof Float64Array && data.length === Number(rows) * Number(cols)
  );
}

/**
 * Checks that a matrix is square, finite and symmetric to within `tolerance` · max|a_ij|.
 *
 * @param caller name that begins the error message, such as `symmetricEigen: a`.
 * @param tolerance relative; default 1e-6, which products computed in single precision satisfy.
 * @throws TypeError when `a` is no Matrix, RangeError naming an offending entry.
 */
export function requireSymmetric(caller: string, a: Matrix, tolerance = 1e-6): void {
  requireMatrix(caller, a);
  const { rows: n, cols, data } = a;
  if (n !== cols) throw new RangeError(`${caller} must be square; got ${n} x ${cols}`);
  requireFinite(caller, a);
  const allowed = tolerance * largestMagnitude(a);
  // Tile by tile, so that both triangles stay in cache.
  for (let i = 0; i < n; i += TILE) {
    for (let j = 0; j <= i; j += TILE) requireMirrored(caller, data, n, i, j, allowed);
  }
}

/** Compares the tile at rows i.. and columns j.. of an n × n matrix with its mirror image. */
function requireMirrored(
  caller: string,
  data: Float64Array,
  n: number,
  i: number,
  j: number,
  allowed: number,
): void {
  for (let r = i; r < Math.min(i + TILE, n); r++) {
    for (let c = j; c < Math.min(j + TILE, r); c++) {
      const lower = data[r * n + c] ?? 0;
      const upper = data[c * n + r] ?? 0;
      if (Math.abs(lower - upper) > allowed) {
        throw new RangeError(
          `${caller} must be symmetric; entry [${c}, ${r}] = ${upper} but [${r}, ${c}] = ${lower}`,
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
  // 0 · x is 0 or, where x is not finite, NaN: one sum is cheaper than a test an entry.
  const { data } = a;
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += 0 * (data[i] ?? 0);
  if (sum !== 0) {
    const at = data.findIndex((value) => !Number.isFinite(value));
    throw new RangeError(
      `${caller} must be finite; entry [${Math.floor(at / a.cols)}, ${at % a.cols}] = ${data[at] ?? Number.NaN}`,
    );
  }
}
