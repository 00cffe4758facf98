/**
 * τ_max: the least τ at which everything that is penalised vanishes.
 *
 * The null model has all penalised columns or entries at zero. Its fit tells how hard each of them is pulled away from
 * zero, by Y_g with Y = 2λ(Ω − Δ), or the multiplier of the constraint Ω = Δ (problem/multiplier.ts). With the curvature
 * L of F there (2λ, or problem/curvature.ts) it stays at zero for
 *
 *   τ ≥ (L / w_g) · the least weight whose prox takes ‖Y_g‖/L to 0          (‖Y_g‖ / (w_g g′(0+)) for a convex g),
 *
 * and τ_max is the largest of these. For the graphical lasso it is max_ij |s_ij| / w_ij, since the null model is a
 * diagonal there.
 *
 * What it guarantees. For τ ≥ τ_max the null model is stationary as problem/stationarity.ts has it, and a fit that starts
 * there stays there; for τ < τ_max it is not. With a convex g it is the global minimum for exactly τ ≥ τ_max, wherever a
 * fit starts; only for whole columns with λ = ∞, where the multiplier that is used need not be the best, is τ_max an upper
 * bound. With a non-convex g, fits that start elsewhere may end elsewhere, below τ_max or above it; and where g makes
 * entries jump and λ = ∞, L holds only near by: a little below τ_max no jump may pay yet, and a fit says that it stalled.
 */
import { checkOptions, cholesky, choleskyInverse, Matrix } from '@ggm-peft/linalg';
import { fitGgm } from '../fit-ggm.js';
import { curvatureOf } from '../problem/curvature.js';
import { impliedMultiplier } from '../problem/multiplier.js';
import { ggmProblem } from '../problem/ggm-problem.js';
import type { GgmProblem } from '../problem/problem.js';
import type { GgmFit } from '../solvers/solve.js';
import { PATH_FIT_KEYS, type GgmPathInput, type PathFitOptions } from './path-input.js';
import { forEachPenalised, penalisesDiagonal } from './penalised.js';
import { smallestPassing } from './smallest-passing.js';
import { vanishingWeight } from './vanishing-weight.js';

/** The answer of {@link tauMax}. */
export interface TauMax {
  /** τ_max ≥ 0; at most a few millionths above the exact value. */
  readonly tau: number;
  /** The null model: a start for fits near τ_max. Had it not converged, `tau` is as good as it is. */
  readonly nullModel: GgmFit;
}

/** How well the null model is solved, and by how much τ is raised so that its error does not show. */
const NULL_TOLERANCE = 1e-8;
const MARGIN = 1e-6;

/**
 * The least τ at which everything penalised vanishes; see the head of this file for what that means.
 *
 * @param input the problem but for τ.
 * @param options those of `fitGgm`, but for `start`; the null model is solved to 1e-8 or `tolerance`, whichever is less.
 * @throws RangeError on a bad problem or option, TypeError on an unknown option.
 */
export function tauMax(input: GgmPathInput, options: PathFitOptions = {}): TauMax {
  checkOptions('tauMax', options, PATH_FIT_KEYS);
  const problem = ggmProblem({ ...input, tau: 1 });
  const weights = structuralWeights(problem);
  const fitOptions = { ...options, tolerance: Math.min(options.tolerance ?? NULL_TOLERANCE, NULL_TOLERANCE) };
  const nullAt = (tau: number): GgmFit => fitGgm({ ...input, weights, tau }, fitOptions);
  const nullModel = nullAt(1);
  const tau = pullFromZero(problem, nullModel);
  if (tau === 0 || !penalisesDiagonal(problem)) return { tau: tau * (1 + MARGIN), nullModel };
  // A penalised diagonal moves with τ, and with it what pulls at the rest, if the null model is more than a diagonal.
  const atTau = nullAt(tau);
  if (Math.abs(pullFromZero(problem, atTau) - tau) <= NULL_TOLERANCE * tau) {
    return { tau: tau * (1 + MARGIN), nullModel: atTau };
  }
  const holds = (at: number): boolean => pullFromZero(problem, nullAt(at)) <= at;
  const found = smallestPassing(tau, holds, MARGIN);
  return { tau: found, nullModel: nullAt(found) };
}

/** Weights that leave free what is free and hold at zero what is penalised, but for the diagonal. */
function structuralWeights(problem: GgmProblem): Float64Array | Matrix {
  const p = problem.covariance.rows;
  if (problem.structure === 'columns') {
    const weights = new Float64Array(p);
    for (const { column } of problem.groups) weights[column] = Infinity;
    return weights;
  }
  return new Matrix(
    p,
    p,
    problem.weights.map((weight, k) => (weight > 0 && k % (p + 1) !== 0 ? Infinity : weight)),
  );
}

/** The least τ that holds every penalised group or entry of the null model at zero. */
function pullFromZero(problem: GgmProblem, { omega, delta }: GgmFit): number {
  const { coupling, covariance, penalty } = problem;
  const factor = cholesky(omega);
  if (factor.status !== 'ok') return Infinity;
  const inverse = choleskyInverse(factor.lower);
  const p = omega.rows;
  const multiplier =
    coupling < Infinity
      ? new Matrix(
          p,
          p,
          omega.data.map((value, k) => 2 * coupling * (value - (delta.data[k] ?? 0))),
        )
      : impliedMultiplier(
          problem,
          delta,
          new Matrix(
            p,
            p,
            inverse.data.map((value, k) => value - (covariance.data[k] ?? 0)),
          ),
        );
  const curvature = curvatureOf(problem, inverse);
  let most = 0;
  forEachPenalised(problem, multiplier, (pull, weight, index) => {
    const l = curvature(index);
    // What the largest τ so far holds at zero need not be looked at more closely.
    if (penalty.prox(pull / l, (most * weight) / l) === 0) return;
    most = (l * vanishingWeight(penalty, pull / l)) / weight;
  });
  return most;
}
