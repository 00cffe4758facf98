/** From right singular vectors, or nearly such, to singular triplets. */
import { Matrix } from '../matrix.js';
import { euclideanNorm } from '../norms.js';
import { orthogonaliseRows } from './one-sided-jacobi.js';
import { orthonormalise } from './orthonormalise.js';

/** Triplets with vectors as rows. */
export interface Triplets {
  /** [rank, m] */
  readonly left: Matrix;
  /** [rank, n] */
  readonly right: Matrix;
  /** Descending, not negative; those below rounding errors are 0. */
  readonly values: Float64Array;
}

/** Vectors that complete an orthonormal set are made so many at a time. */
const COMPLETION_BLOCK = 32;

/**
 * The triplets in the span of an orthonormal basis that A maps to `images`. Both are overwritten.
 *
 * @param basis [rank, n], orthonormal rows vᵢ.
 * @param images [rank, m], rows A vᵢ; m ≥ rank.
 * @param gaussian where a value is 0 its left vector comes from here, made orthogonal to the others.
 */
export function tripletsFromImages(basis: Matrix, images: Matrix, gaussian: () => number): Triplets {
  const { rows: rank, cols: n } = basis;
  const m = images.cols;
  const longest = lengths(images).reduce((most, length) => Math.max(most, length), 0);
  const floor = Number.EPSILON * Math.max(m, n) * longest;
  orthogonaliseRows(images, basis, floor);

  const sizes = lengths(images);
  const order = Array.from(sizes.keys()).sort((i, j) => (sizes[j] ?? 0) - (sizes[i] ?? 0));
  const left = Matrix.zeros(rank, m);
  const right = Matrix.zeros(rank, n);
  const values = new Float64Array(rank);
  let positive = 0;
  order.forEach((from, to) => {
    const size = sizes[from] ?? 0;
    right.data.set(basis.row(from), to * n);
    if (size <= floor) return;
    positive = to + 1;
    values[to] = size;
    const image = images.row(from);
    const u = left.row(to);
    for (let k = 0; k < m; k++) u[k] = (image[k] ?? 0) / size;
  });
  for (let at = positive; at < rank; at += COMPLETION_BLOCK) {
    const block = left.data.subarray(at * m, Math.min(at + COMPLETION_BLOCK, rank) * m);
    for (let k = 0; k < block.length; k++) block[k] = gaussian();
    orthonormalise(left.data, at, block, m, 0, gaussian);
  }
  return { left, right, values };
}

/** Flips pairs so that the entry of each left vector that is largest in magnitude (the first of equals) is positive. */
export function fixSigns(left: Matrix, right: Matrix): void {
  for (let r = 0; r < left.rows; r++) {
    const u = left.row(r);
    let extreme = 0;
    for (const value of u) if (Math.abs(value) > Math.abs(extreme)) extreme = value;
    if (extreme >= 0) continue;
    const v = right.row(r);
    for (let k = 0; k < u.length; k++) u[k] = -(u[k] ?? 0);
    for (let k = 0; k < v.length; k++) v[k] = -(v[k] ?? 0);
  }
}

function lengths(rows: Matrix): Float64Array {
  const result = new Float64Array(rows.rows);
  for (let i = 0; i < rows.rows; i++) result[i] = euclideanNorm(rows.row(i));
  return result;
}
