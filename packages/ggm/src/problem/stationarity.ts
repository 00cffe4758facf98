/**
 * How far (Ω, Δ) is from satisfying the first-order (KKT) conditions of F. The conditions, in units of S:
 *
 *   Ω:  ∇_Ω F = S − Ω⁻¹ + 2λΩ − λ(Δ + Δᵀ) = 0  (on symmetric matrices)
 *   Δ:  2λ(Ω − Δ)_g ∈ τ ∂g(‖Δ_g‖) for every group; 2λ(Ω − Δ) = 0 outside the groups
 *
 * The residual is √(‖∇_Ω F‖²_F + Σ_g dist² + ‖2λ(Ω − Δ)_free‖²) / ‖S‖_F: relative, so it does not change when S is
 * rescaled (S → cS, λ → c²λ, τ to match).
 *
 * Where g′(0+) = ∞ the first-order condition holds at every zero group and says nothing. A zero group must therefore
 * also be what the prox makes of Ω_g; 2λ · prox(‖Ω_g‖) is its residual. For a convex g the two are the same number.
 */
import { cholesky, choleskyInverse, euclideanNorm, frobeniusNorm, type Matrix } from '@ggm-peft/linalg';
import { readGroup } from './groups.js';
import type { GgmProblem } from './problem.js';

/**
 * The scaled stationarity residual; +∞ where Ω is not positive definite.
 *
 * @param omega Ω [p, p], symmetric.
 * @param delta Δ [p, p].
 */
export function stationarity(problem: GgmProblem, omega: Matrix, delta: Matrix): number {
  const factor = cholesky(omega);
  if (factor.status !== 'ok') return Infinity;
  const { covariance, coupling } = problem;
  const p = omega.rows;
  const gradient = choleskyInverse(factor.lower).data;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const k = i * p + j;
      const both = (delta.data[k] ?? 0) + (delta.data[j * p + i] ?? 0);
      gradient[k] =
        (covariance.data[k] ?? 0) - (gradient[k] ?? 0) + coupling * (2 * (omega.data[k] ?? 0) - both);
    }
  }
  return (
    Math.hypot(euclideanNorm(gradient), deltaResidual(problem, omega, delta)) / frobeniusNorm(covariance)
  );
}

/** √ of the sum of squares of the Δ conditions' violations. */
function deltaResidual(problem: GgmProblem, omega: Matrix, delta: Matrix): number {
  const { coupling, groups } = problem;
  const p = omega.rows;
  const pull = omega.data.map((value, k) => 2 * coupling * (value - (delta.data[k] ?? 0)));
  let square = 0;
  for (const group of groups) {
    square += groupDistance(problem, readGroup(pull, p, group), readGroup(delta.data, p, group)) ** 2;
    for (const row of group.rows) pull[row * p + group.column] = 0;
  }
  return Math.hypot(Math.sqrt(square), euclideanNorm(pull));
}

/** Distance from `pull` to τ ∂g(‖·‖) at v: along v the scalar distance, across it all of the pull. */
function groupDistance({ penalty, tau, coupling }: GgmProblem, pull: Float64Array, v: Float64Array): number {
  const length = euclideanNorm(v);
  if (length === 0) {
    const slope = euclideanNorm(pull); // 2λ‖Ω_g‖
    const left = 2 * coupling * penalty.prox(slope / (2 * coupling), tau / (2 * coupling));
    return Math.max(penalty.subdifferentialDistance(0, slope, tau), left);
  }
  let along = 0;
  for (let k = 0; k < v.length; k++) along += ((pull[k] ?? 0) * (v[k] ?? 0)) / length;
  const across = pull.map((value, k) => value - (along * (v[k] ?? 0)) / length);
  return Math.hypot(penalty.subdifferentialDistance(length, along, tau), euclideanNorm(across));
}
