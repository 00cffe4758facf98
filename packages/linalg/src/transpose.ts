/** The transpose of a dense matrix, tile by tile so that both sides stay in cache. */
import { Matrix } from './matrix.js';

const TILE = 32;

/** Aᵀ [cols, rows] of A [rows, cols]. */
export function transpose(a: Matrix): Matrix {
  const { rows, cols, data } = a;
  const result = Matrix.zeros(cols, rows);
  const out = result.data;
  for (let i0 = 0; i0 < rows; i0 += TILE) {
    const i1 = Math.min(i0 + TILE, rows);
    for (let j0 = 0; j0 < cols; j0 += TILE) {
      const j1 = Math.min(j0 + TILE, cols);
      for (let i = i0; i < i1; i++) {
        for (let j = j0; j < j1; j++) out[j * rows + i] = data[i * cols + j] ?? 0;
      }
    }
  }
  return result;
}
