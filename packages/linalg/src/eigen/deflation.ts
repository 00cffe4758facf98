/**
 * Deflation for diag(d) + ρ z zᵀ: an eigenpair of diag(d) stays one where its entry of z is negligible, or where two
 * entries of d are so close that a rotation can make it so (Dongarra & Sorensen, SIAM J. Sci. Stat. Comput. 8, 1987;
 * the test is LAPACK's dlaed2). What is left has well separated poles and entries of z that count.
 */

/** In which rows a column of the eigenvector matrix can be nonzero. */
export const TOP = 0;
export const BOTH = 1;
export const BOTTOM = 2;

/** What is left of the problem, and what has been settled. Columns are counted from the first one of the problem. */
export interface Deflated {
  /** Columns that take part, in ascending order of their poles; `poles`, `z` and `kinds` go along. */
  readonly columns: Int32Array;
  readonly poles: Float64Array;
  readonly z: Float64Array;
  readonly kinds: Uint8Array;
  /** Columns that are eigenvectors already, in ascending order of their eigenvalues in `d`. */
  readonly settled: Int32Array;
}

/**
 * @param d [n], the poles; entries that rotations change are updated.
 * @param z [n], unit length; overwritten.
 * @param order the columns in ascending order of d.
 * @param split columns before it are zero below the split of the matrix, the others above.
 * @param rotate applies x ← c x + s y, y ← c y − s x to the columns x and y of the eigenvector matrix.
 */
export function deflate(
  d: Float64Array,
  z: Float64Array,
  rho: number,
  order: Int32Array,
  split: number,
  rotate: (x: number, y: number, c: number, s: number) => void,
): Deflated {
  const n = d.length;
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(d[i] ?? 0), Math.abs(z[i] ?? 0));
  const tolerance = 8 * Number.EPSILON * largest;
  const kinds = new Uint8Array(n);
  for (let i = 0; i < n; i++) kinds[i] = i < split ? TOP : BOTTOM;
  const columns: number[] = [];
  const settled: number[] = [];
  // The last column that was not settled: it may yet be, together with the next one.
  let open = -1;
  for (const column of order) {
    if (rho * Math.abs(z[column] ?? 0) <= tolerance) {
      settled.push(column);
      continue;
    }
    if (open >= 0) {
      const zo = z[open] ?? 0;
      const zc = z[column] ?? 0;
      const length = Math.hypot(zo, zc);
      const c = zc / length;
      const s = -zo / length;
      const below = d[open] ?? 0;
      const above = d[column] ?? 0;
      if (Math.abs((above - below) * c * s) <= tolerance) {
        z[column] = length;
        z[open] = 0;
        rotate(open, column, c, s);
        d[open] = below * c * c + above * s * s;
        d[column] = below * s * s + above * c * c;
        if (kinds[open] !== kinds[column]) kinds[column] = BOTH;
        settled.push(open);
      } else {
        columns.push(open);
      }
    }
    open = column;
  }
  if (open >= 0) columns.push(open);
  return {
    columns: Int32Array.from(columns),
    poles: Float64Array.from(columns, (column) => d[column] ?? 0),
    z: Float64Array.from(columns, (column) => z[column] ?? 0),
    kinds: Uint8Array.from(columns, (column) => kinds[column] ?? 0),
    settled: Int32Array.from(settled.sort((i, j) => (d[i] ?? 0) - (d[j] ?? 0))),
  };
}
