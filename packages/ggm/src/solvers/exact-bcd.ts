/**
 * Exact block coordinate descent: both blocks have closed-form minimisers (omega-step.ts; Δ = prox of P/2λ at Ω), so
 * there is no step size and F never rises. For finite λ. The iterations needed grow in proportion to λ.
 *
 * After the Δ-step its own conditions hold exactly, and since the Ω-step solved its condition at the old Δ,
 *   ∇_Ω F(Ω, Δ_new) = λ((Δ_old + Δ_oldᵀ) − (Δ_new + Δ_newᵀ)):
 * the KKT residual costs no inverse.
 */
import { euclideanNorm, frobeniusNorm, type Matrix } from '@ggm-peft/linalg';
import { objective, objectiveGivenLogDeterminant } from '../problem/objective.js';
import type { GgmProblem } from '../problem/problem.js';
import { stationarity } from '../problem/stationarity.js';
import { minimiseOverOmega } from './omega-step.js';
import type { Iterate, Solver } from './solver.js';

/** Both blocks. */
export interface BcdState extends Iterate {
  readonly omega: Matrix;
  readonly delta: Matrix;
}

/** Exact BCD as a {@link Solver}. */
export const exactBcd: Solver<BcdState> = {
  name: 'exact block coordinate descent',
  advice: 'Raise maxIterations, use another solver or a lower coupling (iterations grow in proportion to it)',
  init: (problem, { omega, delta }) => ({
    omega,
    delta,
    objective: objective(problem, omega, delta),
    stationarity: stationarity(problem, omega, delta),
  }),
  step: (problem, { delta }) => bcdStep(problem, delta),
  answer: (_problem, { omega, delta }) => ({ omega, delta }),
};

/** The best Ω for Δ, then the best Δ for that Ω. */
export function bcdStep(problem: GgmProblem, before: Matrix): BcdState {
  const { covariance, coupling, term } = problem;
  const { omega, logDet } = minimiseOverOmega(covariance, coupling, before);
  const delta = term.prox(omega, 1 / (2 * coupling));
  return {
    omega,
    delta,
    objective: objectiveGivenLogDeterminant(problem, omega, delta, logDet),
    stationarity: omegaGradientNorm(coupling, before, delta) / frobeniusNorm(covariance),
  };
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
