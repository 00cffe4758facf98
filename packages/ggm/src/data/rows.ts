/** Some of the rows of samples. */
import { Matrix } from '@ggm-peft/linalg';

/** The rows with these indices, in their order, as a new matrix. */
export function selectRows(x: Matrix, rows: readonly number[]): Matrix {
  const result = Matrix.zeros(rows.length, x.cols);
  rows.forEach((from, to) => {
    result.data.set(x.row(from), to * x.cols);
  });
  return result;
}
