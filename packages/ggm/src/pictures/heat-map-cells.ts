/**
 * The cells of a heat map. A matrix with more rows than the picture has room for is drawn in square blocks; a block
 * shows its entry of largest magnitude, so that no lone strong entry disappears.
 */
import type { Matrix } from '@ggm-peft/linalg';

/** Something to paint at a row and column of the picture. */
export interface Cell {
  readonly row: number;
  readonly col: number;
  readonly value: number;
}

/** The cells that are not 0, row by row. */
export interface Cells {
  /** Cells along a side. */
  readonly side: number;
  /** Matrix rows that a cell stands for; 1 unless the matrix is large. */
  readonly block: number;
  readonly cells: readonly Cell[];
}

/**
 * @param matrix [p, p].
 * @param order which row and column of the matrix comes where, a permutation of 0..p−1.
 * @param withDiagonal whether the diagonal is painted.
 * @param maxSide most cells along a side.
 */
export function heatMapCells(
  { rows: p, data }: Matrix,
  order: readonly number[],
  withDiagonal: boolean,
  maxSide: number,
): Cells {
  const block = Math.ceil(p / maxSide);
  const side = Math.ceil(p / block);
  const strongest = new Float64Array(side * side);
  order.forEach((from, row) => {
    order.forEach((to, col) => {
      if (from === to && !withDiagonal) return;
      const value = data[from * p + to] ?? 0;
      const at = Math.floor(row / block) * side + Math.floor(col / block);
      if (Math.abs(value) > Math.abs(strongest[at] ?? 0)) strongest[at] = value;
    });
  });
  const cells: Cell[] = [];
  strongest.forEach((value, at) => {
    if (value !== 0) cells.push({ row: Math.floor(at / side), col: at % side, value });
  });
  return { side, block, cells };
}
