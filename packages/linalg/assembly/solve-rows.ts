/**
 * X Lᵀ = B for a lower triangular L, in place: row i of X solves L x = bᵢ by forward substitution, two rows and four
 * unknowns at a time, so that all but 4 × 4 triangles are inner products of contiguous rows.
 */
import { dotTile, tile } from './dot-tile';

/**
 * Overwrites columns `from`..n of the `m` rows of X, which hold B, with the solution, for L [n, n]; columns of X before
 * `from` count as zero. `from` must be a multiple of 4.
 */
export function solveRows(x: usize, ldx: usize, l: usize, ldl: usize, m: usize, from: usize, n: usize): void {
  for (let j = from; j < n; j += 4) solvePanel(x, ldx, l, ldl, m, from, j, min(4, n - j));
}

/** The unknowns j..j + width (at most 4) of `m` rows, those before being known. */
export function solvePanel(
  x: usize,
  ldx: usize,
  l: usize,
  ldl: usize,
  m: usize,
  from: usize,
  j: usize,
  width: usize,
): void {
  const l0 = l + ((j * ldl + from) << 3);
  const l1 = width > 1 ? l0 + (ldl << 3) : l0;
  const l2 = width > 2 ? l0 + (ldl << 4) : l0;
  const l3 = width > 3 ? l0 + ldl * 24 : l0;
  const known = j - from;
  const corner = l + ((j * ldl + j) << 3);
  x += from << 3;
  for (let i: usize = 0; i < m; i += 2) {
    const pair = i + 1 < m;
    dotTile(x, pair ? x + (ldx << 3) : x, l0, l1, l2, l3, known);
    substitute(x + (known << 3), tile, corner, ldl, width);
    if (pair) substitute(x + ((ldx + known) << 3), tile + 32, corner, ldl, width);
    x += ldx << 4;
  }
}

/** Solves for the `width` entries at `x` with the triangle at `corner`, after subtracting `sums`. */
function substitute(x: usize, sums: usize, corner: usize, ldl: usize, width: usize): void {
  for (let c: usize = 0; c < width; c++) {
    const row = corner + ((c * ldl) << 3);
    let value = load<f64>(x + (c << 3)) - load<f64>(sums + (c << 3));
    for (let k: usize = 0; k < c; k++) value -= load<f64>(x + (k << 3)) * load<f64>(row + (k << 3));
    store<f64>(x + (c << 3), value / load<f64>(row + (c << 3)));
  }
}
