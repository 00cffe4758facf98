/**
 * Divide and conquer for a symmetric tridiagonal matrix, T = Q diag(d) Qᵀ (Cuppen, Numer. Math. 36, 1981; Gu &
 * Eisenstat, SIAM J. Matrix Anal. Appl. 16, 1995). Cutting the entry e that joins two halves leaves
 *
 *   T = diag(T₁, T₂) + |e| v vᵀ = diag(Q₁, Q₂) (diag(d) + ρ z zᵀ) diag(Q₁, Q₂)ᵀ,  ρ = 2|e|,  ‖z‖ = 1,
 *
 * so that the eigenvectors of a diagonal matrix plus rank one, times those of the halves, are those of T. The products
 * take nearly all the time, and deflation makes them smaller than they look. Small blocks go by implicit QL.
 *
 * The eigenvectors are columns, for then new rows are old rows times a matrix: rows can be finished a few at a time
 * and nothing as large as Q is copied.
 */
import { ascending } from './ascending.js';
import { deflate } from './deflation.js';
import { implicitQl } from './implicit-ql.js';
import { groupByKind, mergeAscending, mergePlaces } from './merge-order.js';
import { rankOneUpdate } from './rank-one-update.js';
import { updateVectors } from './update-vectors.js';
import type { Workplace } from './workplace.js';

/** Blocks up to this size are solved by implicit QL; 12 to 48 make no difference. */
const SMALLEST = 32;

/**
 * Overwrites `d` with the eigenvalues, ascending, and fills `place.vectors` with the eigenvectors, one a column.
 *
 * @param d [n], the diagonal; of a matrix whose largest entry is near 1.
 * @param e [≥ n − 1], e[i] joins i and i + 1. Not modified.
 */
export function divideAndConquer(d: Float64Array, e: Float64Array, place: Workplace): void {
  place.vectors.data.fill(0);
  solve(d, e, 0, d.length, place);
}

/** Rows and columns first..end, whose block of Q is zero so far. */
function solve(d: Float64Array, e: Float64Array, first: number, end: number, place: Workplace): void {
  if (end - first <= SMALLEST) {
    solveSmall(d, e, first, end, place);
    return;
  }
  const middle = (first + end) >> 1;
  const join = e[middle - 1] ?? 0;
  d[middle - 1] = (d[middle - 1] ?? 0) - Math.abs(join);
  d[middle] = (d[middle] ?? 0) - Math.abs(join);
  solve(d, e, first, middle, place);
  solve(d, e, middle, end, place);
  merge(d.subarray(first, end), join, first, middle - first, place);
}

function solveSmall(d: Float64Array, e: Float64Array, first: number, end: number, place: Workplace): void {
  const { stride, vectors } = place;
  const n = end - first;
  const values = d.slice(first, end);
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rows[i * n + i] = 1;
  implicitQl(values, e.slice(first, end), rows);
  ascending(values).forEach((from, to) => {
    d[first + to] = values[from] ?? 0;
    for (let k = 0; k < n; k++) vectors.data[(first + k) * stride + first + to] = rows[from * n + k] ?? 0;
  });
}

/** Joins two solved blocks, the first row of which is `first`; `split` is the size of the first one, `d` both's values. */
function merge(d: Float64Array, join: number, first: number, split: number, place: Workplace): void {
  const { stride, updates } = place;
  const z = joiningVector(d.length, join, first, split, place);
  const {
    columns,
    poles,
    z: entries,
    kinds,
    settled,
  } = deflate(
    d,
    z,
    2 * Math.abs(join),
    mergeAscending(d, split),
    split,
    columnRotation(d.length, first, place),
  );
  const groups = groupByKind({ columns, kinds });
  const roots = new Float64Array(columns.length);
  if (columns.length > 0) {
    // The entries of z that have been settled took their part of its length along.
    const square = entries.reduce((sum, value) => sum + value * value, 0);
    const unit = entries.map((value) => value / Math.sqrt(square));
    rankOneUpdate(poles, unit, 2 * Math.abs(join) * square, groups.order, roots, updates.data, stride);
  }
  const places = mergePlaces(d, settled, roots);
  updateVectors(place, { first, size: d.length, split, groups, settled, places });

  const values = d.slice();
  settled.forEach((column, i) => (d[places.settled[i] ?? 0] = values[column] ?? 0));
  roots.forEach((root, i) => (d[places.roots[i] ?? 0] = root));
}

/** z: the last row of Q₁ and the first of Q₂, with the sign of e, to unit length. */
function joiningVector(
  n: number,
  join: number,
  first: number,
  split: number,
  place: Workplace,
): Float64Array {
  const { stride, vectors } = place;
  const upper = (first + split - 1) * stride + first;
  const lower = upper + stride;
  const sign = join < 0 ? -Math.SQRT1_2 : Math.SQRT1_2;
  const z = new Float64Array(n);
  for (let j = 0; j < split; j++) z[j] = (vectors.data[upper + j] ?? 0) * Math.SQRT1_2;
  for (let j = split; j < n; j++) z[j] = (vectors.data[lower + j] ?? 0) * sign;
  return z;
}

/** Rotates two columns of the n × n block of Q at `first`. */
function columnRotation(n: number, first: number, { stride, vectors }: Workplace) {
  const q = vectors.data;
  return (x: number, y: number, c: number, s: number): void => {
    for (let k = 0, row = first * stride + first; k < n; k++, row += stride) {
      const u = q[row + x] ?? 0;
      const v = q[row + y] ?? 0;
      q[row + x] = c * u + s * v;
      q[row + y] = c * v - s * u;
    }
  };
}
