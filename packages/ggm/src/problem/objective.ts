/** F(Ω, Δ), term by term. */
import { cholesky, logDeterminant, traceOfProduct, type Matrix } from '@ggm-peft/linalg';
import type { GgmProblem } from './problem.js';

/**
 * F(Ω, Δ) of a problem; +∞ where Ω is not positive definite. With λ = ∞ the coupling's term is left out: F is that of
 * the constrained problem where Ω = Δ, and means little elsewhere.
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
  { covariance, coupling, term }: GgmProblem,
  omega: Matrix,
  delta: Matrix,
  logDet: number,
): number {
  let square = 0;
  if (coupling < Infinity) {
    for (let k = 0; k < omega.data.length; k++) square += ((omega.data[k] ?? 0) - (delta.data[k] ?? 0)) ** 2;
    square *= coupling;
  }
  return -logDet + traceOfProduct(covariance, omega) + square + term.value(delta);
}
