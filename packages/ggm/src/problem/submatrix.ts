/** Rows and columns of a matrix by their indices. */
import { Matrix } from '@ggm-peft/linalg';

export function submatrix(a: Matrix, rows: readonly number[], cols: readonly number[]): Matrix {
  const result = Matrix.zeros(rows.length, cols.length);
  rows.forEach((row, i) => {
    cols.forEach((col, j) => {
      result.data[i * cols.length + j] = a.data[row * a.cols + col] ?? 0;
    });
  });
  return result;
}
