/**
 * Partial correlations: of nodes i and j given all the others, −ω_ij / √(ω_ii ω_jj) (Lauritzen 1996, §5.1.3). Unlike ω
 * they do not depend on the variables' units.
 */
import { Matrix } from '@ggm-peft/linalg';
import { requirePrecision } from './precision-estimate.js';

/**
 * The partial correlations of a precision matrix, in [−1, 1] where it is positive definite; 1 on the diagonal.
 *
 * @param omega Ω [p, p], symmetric, positive diagonal.
 * @returns [p, p], exactly symmetric, exactly 0 where both ω_ij and ω_ji are.
 * @throws RangeError when Ω is not square, finite, symmetric or positive on its diagonal.
 */
export function partialCorrelations(omega: Matrix): Matrix {
  requirePrecision('partialCorrelations: omega', omega);
  const p = omega.rows;
  const diagonal = Float64Array.from({ length: p }, (_, i) => omega.data[i * p + i] ?? 1);
  const result = Matrix.identity(p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < i; j++) {
      const entry = ((omega.data[i * p + j] ?? 0) + (omega.data[j * p + i] ?? 0)) / 2;
      // Not −0, which would be printed as such.
      const value = entry === 0 ? 0 : -entry / Math.sqrt((diagonal[i] ?? 1) * (diagonal[j] ?? 1));
      result.data[i * p + j] = value;
      result.data[j * p + i] = value;
    }
  }
  return result;
}
