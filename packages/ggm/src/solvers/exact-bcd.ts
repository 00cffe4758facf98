/**
 * Exact block coordinate descent: both blocks have closed-form minimisers, so there is no step size and F never rises.
 *
 * Ω-step. With M = S − λ(Δ + Δᵀ), ∇_Ω F = M − Ω⁻¹ + 2λΩ on symmetric matrices, for ‖Ω − Δ‖² and ‖Ω − Δᵀ‖² agree on
 * them. Ω commutes with M: if M = Q diag(m) Qᵀ then Ω = Q diag(ω) Qᵀ with 2λω² + mω − 1 = 0, whose positive root is
 *   ω = (−m + √(m² + 8λ)) / 4λ = 2 / (m + √(m² + 8λ)),
 * computed by whichever form adds numbers of one sign.
 *
 * Δ-step. Each group: Δ_g = prox_{(τ/2λ) g∘‖·‖}(Ω_g); everywhere else Δ = Ω.
 *
 * After the Δ-step its own conditions hold exactly, and since the Ω-step solved its condition at the old Δ,
 *   ∇_Ω F(Ω, Δ_new) = λ((Δ_old + Δ_oldᵀ) − (Δ_new + Δ_newᵀ)):
 * the KKT residual costs no inverse.
 */
import { euclideanNorm, fromEigen, frobeniusNorm, Matrix, proxGroup, symmetricEigen } from '@ggm-peft/linalg';
import { readGroup, writeGroup } from '../problem/groups.js';
import { objective, objectiveGivenLogDeterminant } from '../problem/objective.js';
import type { GgmProblem } from '../problem/problem.js';
import { stationarity } from '../problem/stationarity.js';
import type { Iterate, Solver } from './solver.js';

/** Exact BCD as a {@link Solver}. */
export const exactBcd: Solver<Iterate> = {
  name: 'exact block coordinate descent',
  init: (problem, { omega, delta }) => ({
    omega,
    delta,
    objective: objective(problem, omega, delta),
    stationarity: stationarity(problem, omega, delta),
  }),
  step: (problem, { delta: before }) => {
    const { omega, logDet } = minimiseOverOmega(problem, before);
    const delta = minimiseOverDelta(problem, omega);
    return {
      omega,
      delta,
      objective: objectiveGivenLogDeterminant(problem, omega, delta, logDet),
      stationarity: omegaGradientNorm(problem.coupling, before, delta) / frobeniusNorm(problem.covariance),
    };
  },
};

/** argmin over Ω ≻ 0 of F(·, Δ), and its log-determinant. */
export function minimiseOverOmega(
  { covariance, coupling }: GgmProblem,
  delta: Matrix,
): { omega: Matrix; logDet: number } {
  const p = covariance.rows;
  const m = Matrix.zeros(p, p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const both = (delta.data[i * p + j] ?? 0) + (delta.data[j * p + i] ?? 0);
      m.data[i * p + j] = (covariance.data[i * p + j] ?? 0) - coupling * both;
    }
  }
  const { values, vectors } = symmetricEigen(m);
  let logDet = 0;
  const omegas = values.map((value) => {
    const root = Math.sqrt(value * value + 8 * coupling);
    const omega = value > 0 ? 2 / (value + root) : (root - value) / (4 * coupling);
    logDet += Math.log(omega);
    return omega;
  });
  return { omega: fromEigen(omegas, vectors), logDet };
}

/** argmin over Δ of F(Ω, ·). */
export function minimiseOverDelta({ groups, penalty, tau, coupling }: GgmProblem, omega: Matrix): Matrix {
  const p = omega.rows;
  const delta = omega.clone();
  const weight = tau / (2 * coupling);
  for (const group of groups) {
    const shrunk = proxGroup(readGroup(omega.data, p, group), (length) => penalty.prox(length, weight));
    writeGroup(delta.data, p, group, shrunk);
  }
  return delta;
}

/** λ ‖(Δ_old + Δ_oldᵀ) − (Δ_new + Δ_newᵀ)‖_F. */
function omegaGradientNorm(coupling: number, before: Matrix, after: Matrix): number {
  const p = before.rows;
  const change = new Float64Array(p * p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const k = i * p + j;
      const t = j * p + i;
      change[k] = (before.data[k] ?? 0) + (before.data[t] ?? 0) - (after.data[k] ?? 0) - (after.data[t] ?? 0);
    }
  }
  return coupling * euclideanNorm(change);
}
