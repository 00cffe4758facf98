/**
 * The full singular value decomposition of a dense matrix, A = U diag(σ) Vᵀ.
 *
 * V diagonalises AᵀA, and the eigendecomposition is fast; but squaring loses values below 1e-8 σ₁. So what it resolves
 * poorly, the trailing images A v, is decomposed again by itself, level by level; and one-sided Jacobi on all images
 * then removes what rounding has left between them. It takes two or three sweeps where it would take ten from the
 * start (the preconditioning of Drmač & Veselić, SIAM J. Matrix Anal. Appl. 29, 2008, by other means), and it is what
 * makes U orthogonal to rounding and the small values as accurate as the data allow.
 */
import { normals, seededGenerator } from '@ggm-peft/random';
import { symmetricEigen } from '../eigen/symmetric-eigen.js';
import { Matrix } from '../matrix.js';
import { gram, multiply } from '../multiply.js';
import { largestMagnitude, requireFinite } from '../norms.js';
import { exponentOf, scaleByPowerOfTwo } from '../power-of-two.js';
import { transpose } from '../transpose.js';
import { fixSigns, tripletsFromImages } from './triplets.js';

/** A = u · diag(singularValues) · vt, with k = min(m, n). */
export interface Svd {
  /** Left singular vectors, one a column; [m, k]. In each column the entry largest in magnitude is positive. */
  readonly u: Matrix;
  /** Descending, not negative; k of them. Values below ε·max(m, n)·σ₁ count as 0. */
  readonly singularValues: Float64Array;
  /** Right singular vectors, one a row; [k, n]. */
  readonly vt: Matrix;
}

/** A level resolves values down to this fraction of its largest one: a square of 1e-8, half of what doubles hold. */
const RESOLVED = 1e-4;

/**
 * All singular values and vectors of `a`. The residuals ‖A v − σ u‖ and ‖Aᵀ u − σ v‖ are of the order of rounding
 * errors in σ₁. Deterministic.
 *
 * @param a [m, n], finite. Not modified.
 * @throws RangeError when an entry is not finite.
 */
export function svd(a: Matrix): Svd {
  requireFinite('svd: a', a);
  const wide = a.cols > a.rows;
  // Rows of `images` are A vᵢ, from V = I on, for the orientation in which there are fewer of them.
  const images = wide ? a.clone() : transpose(a);
  const exponent = exponentOf(largestMagnitude(a));
  scaleByPowerOfTwo(images.data, -exponent);
  const basis = Matrix.identity(images.rows);
  diagonaliseLevels(basis, images);
  const { left, right, values } = tripletsFromImages(basis, images, normals(seededGenerator(0)));
  scaleByPowerOfTwo(values, exponent);
  const [u, vt] = wide ? [right, left] : [left, right];
  fixSigns(u, vt);
  return { u: transpose(u), singularValues: values, vt };
}

/** Turns the rows of `images` [k, m], and those of `basis` with them, so that they are nearly orthogonal, longest first. */
function diagonaliseLevels(basis: Matrix, images: Matrix): void {
  const k = images.rows;
  let longest = 0;
  for (let first = 0; k - first > 1;) {
    const rest = trailingRows(images, first);
    const { values, vectors } = symmetricEigen(gram(rest)); // ascending
    const turn = Matrix.zeros(k - first, k - first);
    for (let i = 0; i < turn.rows; i++) turn.data.set(vectors.column(turn.rows - 1 - i), i * turn.cols);
    const rows = trailingRows(basis, first);
    rest.data.set(multiply(turn, rest).data);
    rows.data.set(multiply(turn, rows).data);
    const top = Math.sqrt(Math.max(values[values.length - 1] ?? 0, 0));
    longest = Math.max(longest, top);
    const bound = (RESOLVED * top) ** 2;
    const resolved = values.reduce((count, value) => count + (value >= bound ? 1 : 0), 0);
    first += resolved;
    // What is left may be rounding errors of the rest only.
    if (top * RESOLVED <= Number.EPSILON * longest) return;
  }
}

/** The rows from `first` on, as a view. */
function trailingRows({ rows, cols, data }: Matrix, first: number): Matrix {
  return new Matrix(rows - first, cols, data.subarray(first * cols));
}
