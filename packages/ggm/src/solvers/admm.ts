/**
 * The alternating direction method of multipliers for the constrained problem, λ = ∞ (Boyd et al., Found. Trends Mach.
 * Learn. 3, 2011, §6.5; Yuan, Manuscript 2009, for the graphical lasso), with scaled multiplier U = Y/ρ:
 *
 *   Ω ← argmin −log det Ω + tr(SΩ) + ρ/2 ‖Ω − Δ + U‖²,  Δ ← prox_{P/ρ}(Ω̂ + U),  U ← U + Ω̂ − Δ
 *
 * with over-relaxation Ω̂ = 1.6 Ω − 0.6 Δ_old and a ρ that follows the ratio of the two residuals and stops changing in
 * the end (§3.4.1 there), so that the proof for convex P applies. Y ∈ ∂P(Δ) holds after every step.
 *
 * The answer is where Ω = Δ: the symmetric part of Δ with its zeros, if that is positive definite, and otherwise Ω and Δ
 * as they are. F may rise on the way, for the iterates leave the constraint.
 */
import {
  cholesky,
  choleskyInverse,
  euclideanNorm,
  frobeniusNorm,
  logDeterminant,
  Matrix,
} from '@ggm-peft/linalg';
import { objectiveGivenLogDeterminant } from '../problem/objective.js';
import type { GgmProblem } from '../problem/problem.js';
import { stationarityGivenInverse } from '../problem/stationarity.js';
import { minimiseOverOmega } from './omega-step.js';
import type { Iterate, Solver, StartingPoint } from './solver.js';

const RELAXATION = 1.6;
/** ρ changes when one residual is this many times the other … */
const IMBALANCE = 5;
/** … by this factor, and no more after this many iterations. */
const FACTOR = 2;
const LAST_CHANGE = 200;
/** Iterations between the growths of ρ for a non-convex P. */
const GROWTH_INTERVAL = 100;

interface AdmmState extends Iterate {
  readonly iteration: number;
  readonly delta: Matrix;
  /** U [p, p]. */
  readonly scaled: Matrix;
  readonly rho: number;
  readonly point: StartingPoint;
}

export const admm: Solver<AdmmState> = {
  name: 'the alternating direction method of multipliers',
  advice: 'Raise maxIterations, rescale the covariance towards a unit diagonal, or accept a larger tolerance',
  init: (problem, { omega, delta, multiplier }) => {
    // Ω of order 1/s: the curvature s² of −log det there is a good first ρ.
    const rho = (frobeniusNorm(problem.covariance) / Math.sqrt(problem.covariance.rows)) ** 2;
    const scaled = multiplier?.data.map((value) => value / rho) ?? new Float64Array(omega.data.length);
    return {
      iteration: 0,
      delta,
      scaled: new Matrix(omega.rows, omega.cols, scaled),
      rho,
      ...evaluate(problem, { omega, delta, ...(multiplier === undefined ? {} : { multiplier }) }),
    };
  },
  step: (problem, { iteration, delta: before, scaled, rho }) => {
    const { covariance, term } = problem;
    const p = covariance.rows;
    const target = combine(p, (k) => (before.data[k] ?? 0) - (scaled.data[k] ?? 0));
    const { omega } = minimiseOverOmega(covariance, rho / 2, target);
    const relaxed = combine(
      p,
      (k) => RELAXATION * (omega.data[k] ?? 0) + (1 - RELAXATION) * (before.data[k] ?? 0),
    );
    const shifted = combine(p, (k) => (relaxed.data[k] ?? 0) + (scaled.data[k] ?? 0));
    const delta = term.prox(shifted, 1 / rho);
    const next = combine(p, (k) => (shifted.data[k] ?? 0) - (delta.data[k] ?? 0));
    const multiplier = combine(p, (k) => rho * (next.data[k] ?? 0));

    const primal = relativeDistance(omega, delta);
    const dual = (rho * relativeDistance(before, delta) * frobeniusNorm(delta)) / frobeniusNorm(covariance);
    const change =
      iteration < LAST_CHANGE ? balance(primal, dual) : problem.penalty.convex ? 1 : growth(iteration);
    return {
      iteration: iteration + 1,
      delta,
      scaled: change === 1 ? next : combine(p, (k) => (next.data[k] ?? 0) / change),
      rho: rho * change,
      ...evaluate(problem, feasible(omega, delta, multiplier)),
    };
  },
  answer: (_problem, { point }) => point,
};

function evaluate(problem: GgmProblem, point: StartingPoint): Iterate & { readonly point: StartingPoint } {
  const { omega, delta, multiplier } = point;
  const factor = cholesky(omega);
  if (factor.status !== 'ok') return { point, objective: Infinity, stationarity: Infinity };
  return {
    point,
    objective: objectiveGivenLogDeterminant(problem, omega, delta, logDeterminant(factor.lower)),
    stationarity: stationarityGivenInverse(problem, omega, delta, choleskyInverse(factor.lower), multiplier),
  };
}

/** The point with Ω = Δ next to the iterates, if there is one. */
function feasible(omega: Matrix, delta: Matrix, multiplier: Matrix): StartingPoint {
  const p = delta.rows;
  const symmetric = Matrix.zeros(p, p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const here = delta.data[i * p + j] ?? 0;
      const there = delta.data[j * p + i] ?? 0;
      symmetric.data[i * p + j] = here === 0 || there === 0 ? 0 : (here + there) / 2;
    }
  }
  return cholesky(symmetric).status === 'ok'
    ? { omega: symmetric, delta: symmetric, multiplier }
    : { omega, delta, multiplier };
}

function combine(p: number, entry: (k: number) => number): Matrix {
  const result = Matrix.zeros(p, p);
  for (let k = 0; k < p * p; k++) result.data[k] = entry(k);
  return result;
}

function relativeDistance(a: Matrix, b: Matrix): number {
  return euclideanNorm(a.data.map((value, k) => value - (b.data[k] ?? 0))) / frobeniusNorm(b);
}

/** A larger ρ, now and then: for a non-convex P the method settles once ρ outweighs P's concavity. */
function growth(iteration: number): number {
  return iteration % GROWTH_INTERVAL === 0 ? FACTOR : 1;
}

function balance(primal: number, dual: number): number {
  if (primal > IMBALANCE * dual) return FACTOR;
  return dual > IMBALANCE * primal ? 1 / FACTOR : 1;
}
