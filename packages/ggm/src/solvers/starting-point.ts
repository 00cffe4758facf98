/**
 * Where a fit begins when the caller has no earlier answer: Ω is the inverse of S with the entries in the groups (and
 * their mirror images) left out, that is, block by block S_II⁻¹ and the others' S⁻¹, or 1/s_jj without important
 * nodes; Δ is the best one for it, equal to it.
 *
 * This is the answer for τ = λ = ∞. It exists whenever F has a minimum, and the entries that no penalty holds, the ones
 * that block coordinate descent is slowest to move, begin near their answer: on correlated scores it took a half to a
 * quarter of the iterations that S⁻¹, a ridge estimate or the diagonal took, and S⁻¹ of an ill-conditioned S is worse.
 */
import { cholesky, choleskyInverse, type Matrix } from '@ggm-peft/linalg';
import type { GgmProblem } from '../problem/problem.js';
import type { StartingPoint } from './solver.js';

/** The default start of a problem that `ggmProblem` has accepted. */
export function startingPoint(problem: GgmProblem): StartingPoint {
  const factor = cholesky(decoupled(problem));
  if (factor.status !== 'ok') {
    throw new RangeError(
      `startingPoint: covariance must be positive definite on its unpenalised blocks; pivot ${factor.pivot} is ${factor.value}`,
    );
  }
  const omega = choleskyInverse(factor.lower);
  return { omega, delta: omega };
}

/** S with zeros where a group, or a group's mirror image, lies. */
function decoupled({ covariance, groups, tau }: GgmProblem): Matrix {
  const result = covariance.clone();
  if (tau === 0) return result; // nothing is penalised: S⁻¹ is the answer
  const p = covariance.rows;
  for (const { column, rows } of groups) {
    for (const row of rows) {
      result.data[row * p + column] = 0;
      result.data[column * p + row] = 0;
    }
  }
  return result;
}
