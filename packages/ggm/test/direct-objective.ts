import { type Matrix, symmetricEigen } from '@ggm-peft/linalg';
import type { ColumnProblem } from '../src/index.js';

/** F in the terms of the paper, from determinants by eigenvalues and loops over pairs. */
export function directObjective(
  { covariance, coupling, tau, penalty, importantNodes }: ColumnProblem,
  omega: Matrix,
  delta: Matrix,
): number {
  const p = covariance.rows;
  let total = -symmetricEigen(omega).values.reduce((sum, value) => sum + Math.log(value), 0);
  for (let j = 0; j < p; j++) {
    for (let i = 0; i < p; i++) {
      total += covariance.get(i, j) * omega.get(j, i) + coupling * (omega.get(i, j) - delta.get(i, j)) ** 2;
    }
    if (importantNodes.includes(j)) continue;
    const rows =
      importantNodes.length > 0
        ? importantNodes
        : Array.from({ length: p }, (_, i) => i).filter((i) => i !== j);
    total += tau * penalty.value(Math.hypot(...rows.map((i) => delta.get(i, j))));
  }
  return total;
}
