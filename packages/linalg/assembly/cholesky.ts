/**
 * A = L Lᵀ in place, by blocks of rows: the rows of a block are solved against all rows above the block, then among
 * themselves, four columns at a time. Every pivot is formed in the order of the rows, so the first one that fails is
 * the first one that fails row by row.
 */
import { dotTile, tile } from './dot-tile';
import { solvePanel, solveRows } from './solve-rows';

/** Rows of a block; a multiple of 4. */
const BLOCK: usize = 32;

/**
 * Factorises the lower triangle of A [n, n]; L takes its place, the rest is left as it is. A pivot must be above 0 and
 * above `tolerance` · a_jj.
 *
 * @returns n, or the index of the pivot that failed; its value has then replaced a_jj.
 */
export function cholesky(a: usize, lda: usize, n: usize, tolerance: f64): usize {
  for (let i: usize = 0; i < n; i += BLOCK) {
    const end = min(i + BLOCK, n);
    solveRows(a + ((i * lda) << 3), lda, a, lda, end - i, 0, i);
    for (let j = i; j < end; j += 4) {
      const width = min(4, end - j);
      const failed = factorCorner(a, lda, j, width, tolerance);
      if (failed < width) return j + failed;
      const next = j + width;
      solvePanel(a + ((next * lda) << 3), lda, a, lda, end - next, 0, j, width);
    }
  }
  return n;
}

/** Rows j..j + width within their own columns; returns `width` or the row whose pivot failed. */
function factorCorner(a: usize, lda: usize, j: usize, width: usize, tolerance: f64): usize {
  const row0 = a + ((j * lda) << 3);
  for (let r: usize = 0; r < width; r++) {
    // Row r against itself and the rows before it: columns of this tile beyond r are not needed.
    const row = row0 + ((r * lda) << 3);
    const row1 = r > 1 ? row0 + (lda << 3) : row0;
    const row2 = r > 2 ? row0 + (lda << 4) : row0;
    dotTile(row, row, row0, row1, row2, row, j);
    const entries = row + (j << 3);
    for (let c: usize = 0; c < r; c++) {
      const other = row0 + ((c * lda + j) << 3);
      let value = load<f64>(entries + (c << 3)) - load<f64>(tile + (c << 3));
      for (let k: usize = 0; k < c; k++) value -= load<f64>(entries + (k << 3)) * load<f64>(other + (k << 3));
      store<f64>(entries + (c << 3), value / load<f64>(other + (c << 3)));
    }
    const diagonal = load<f64>(entries + (r << 3));
    let pivot = diagonal - load<f64>(tile + 24);
    for (let k: usize = 0; k < r; k++) pivot -= load<f64>(entries + (k << 3)) ** 2;
    const passes = pivot > 0 && pivot > tolerance * diagonal;
    store<f64>(entries + (r << 3), passes ? sqrt(pivot) : pivot);
    if (!passes) return r;
  }
  return width;
}
