/**
 * Where a fit begins when the caller has no earlier answer: Ω = S⁻¹, the minimiser without penalty; or, where S is
 * singular, the inverse of S with the entries between the unpenalised blocks left out. Δ is the best one for that Ω.
 */
import { cholesky, choleskyInverse, type Matrix } from '@ggm-peft/linalg';
import type { GgmProblem } from '../problem/problem.js';
import { minimiseOverDelta } from './exact-bcd.js';
import type { StartingPoint } from './solver.js';

/** The default start of a problem that `ggmProblem` has accepted. */
export function startingPoint(problem: GgmProblem): StartingPoint {
  const whole = cholesky(problem.covariance, { tolerance: 1e-10 });
  const factor = whole.status === 'ok' ? whole : cholesky(decoupled(problem));
  if (factor.status !== 'ok') {
    throw new RangeError(
      `startingPoint: covariance must be positive definite on its unpenalised blocks; pivot ${factor.pivot} is ${factor.value}`,
    );
  }
  const omega = choleskyInverse(factor.lower);
  return { omega, delta: minimiseOverDelta(problem, omega) };
}

/** S with zeros where a group, or a group's mirror image, lies. */
function decoupled({ covariance, groups }: GgmProblem): Matrix {
  const p = covariance.rows;
  const result = covariance.clone();
  for (const { column, rows } of groups) {
    for (const row of rows) {
      result.data[row * p + column] = 0;
      result.data[column * p + row] = 0;
    }
  }
  return result;
}
