/** F(Ω, Δ), term by term. */
import { cholesky, euclideanNorm, logDeterminant, traceOfProduct, type Matrix } from '@ggm-peft/linalg';
import { readGroup } from './groups.js';
import type { GgmProblem } from './problem.js';

/**
 * F(Ω, Δ) of a problem; +∞ where Ω is not positive definite.
 *
 * @param omega Ω [p, p], symmetric.
 * @param delta Δ [p, p].
 */
export function objective(problem: GgmProblem, omega: Matrix, delta: Matrix): number {
  const factor = cholesky(omega);
  if (factor.status !== 'ok') return Infinity;
  return objectiveGivenLogDeterminant(problem, omega, delta, logDeterminant(factor.lower));
}

/** F(Ω, Δ) for callers that know log det Ω already. */
export function objectiveGivenLogDeterminant(
  problem: GgmProblem,
  omega: Matrix,
  delta: Matrix,
  logDet: number,
): number {
  const { covariance, coupling, tau, penalty, groups } = problem;
  let square = 0;
  for (let k = 0; k < omega.data.length; k++) square += ((omega.data[k] ?? 0) - (delta.data[k] ?? 0)) ** 2;
  let penalties = 0;
  for (const group of groups)
    penalties += penalty.value(euclideanNorm(readGroup(delta.data, delta.rows, group)));
  return -logDet + traceOfProduct(covariance, omega) + coupling * square + tau * penalties;
}
