/**
 * How far (Ω, Δ) is from satisfying the first-order (KKT) conditions of F. With Y = 2λ(Ω − Δ), or with a multiplier
 * (multiplier.ts) for λ = ∞, they are, in units of S:
 *
 *   Ω:  S − Ω⁻¹ + ½ (Y + Yᵀ) = 0       (∇_Ω F on symmetric matrices)
 *   Δ:  Y ∈ ∂P(Δ), in particular Y = 0 where P holds nothing
 *
 * The residual is √(‖first‖²_F + dist²(Y, ∂P(Δ))) / ‖S‖_F: relative, so it does not change when S is rescaled
 * (S → cS, λ → c²λ, τ to match). With λ = ∞ the constraint's own ‖Ω − Δ‖_F / ‖Ω‖_F joins it.
 */
import { cholesky, choleskyInverse, euclideanNorm, frobeniusNorm, Matrix } from '@ggm-peft/linalg';
import { curvatureOf } from './curvature.js';
import { impliedMultiplier } from './multiplier.js';
import type { GgmProblem } from './problem.js';

/**
 * The scaled stationarity residual; +∞ where Ω is not positive definite.
 *
 * @param omega Ω [p, p], symmetric.
 * @param delta Δ [p, p].
 * @param multiplier Y [p, p] for λ = ∞; default: the one that Ω⁻¹ − S implies. Not used with finite λ.
 */
export function stationarity(problem: GgmProblem, omega: Matrix, delta: Matrix, multiplier?: Matrix): number {
  const factor = cholesky(omega);
  if (factor.status !== 'ok') return Infinity;
  return stationarityGivenInverse(problem, omega, delta, choleskyInverse(factor.lower), multiplier);
}

/** The residual for callers that know Ω⁻¹ already. @param inverse Ω⁻¹ [p, p] */
export function stationarityGivenInverse(
  problem: GgmProblem,
  omega: Matrix,
  delta: Matrix,
  inverse: Matrix,
  multiplier?: Matrix,
): number {
  const { covariance, coupling, term } = problem;
  const p = omega.rows;
  const pull = difference(inverse, covariance);
  if (
    problem.structure === 'entries' &&
    omega === delta &&
    coupling === Infinity &&
    multiplier === undefined
  ) {
    // The implied multiplier is the pull itself: nothing is left of the first condition, and of the constraint.
    return term.distance(delta, pull, curvatureOf(problem, inverse)) / frobeniusNorm(covariance);
  }
  const y =
    coupling < Infinity
      ? new Matrix(
          p,
          p,
          omega.data.map((value, k) => 2 * coupling * (value - (delta.data[k] ?? 0))),
        )
      : (multiplier ?? impliedMultiplier(problem, delta, pull));
  let square = 0;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const k = i * p + j;
      const first = ((y.data[k] ?? 0) + (y.data[j * p + i] ?? 0)) / 2 - (pull.data[k] ?? 0);
      square += first * first;
    }
  }
  const dual =
    Math.hypot(Math.sqrt(square), term.distance(delta, y, curvatureOf(problem, inverse))) /
    frobeniusNorm(covariance);
  if (coupling < Infinity) return dual;
  return Math.hypot(dual, euclideanNorm(difference(omega, delta).data) / frobeniusNorm(omega));
}

function difference(a: Matrix, b: Matrix): Matrix {
  const result = a.clone();
  const { data } = result;
  for (let k = 0; k < data.length; k++) data[k] = (data[k] ?? 0) - (b.data[k] ?? 0);
  return result;
}
