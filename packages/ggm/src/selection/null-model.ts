/**
 * The null model: every group of Δ held at zero (τ = ∞). Its Ω shows how strongly each group asks to enter, and so
 * which τ would keep it out: group j stays zero as long as prox_{(τ/2λ) g}(‖Ω_{I,j}‖) = 0.
 */
import { euclideanNorm, type Matrix, type Penalty } from '@ggm-peft/linalg';
import { fitGgm } from '../fit-ggm.js';
import { readGroup } from '../problem/groups.js';
import type { ColumnProblem } from '../problem/problem.js';
import type { AbortFlag, GgmFit } from '../solvers/solve.js';
import { vanishingWeight } from '../tuning/vanishing-weight.js';

/** Relative stationarity at which the null model is good enough to read a default τ from. */
const LOOSE = 1e-3;
const MAX_ITERATIONS = 500;

/** The penalty that allows nothing but zero. */
const zeroOnly: Penalty = {
  name: 'zero groups',
  coercive: true,
  convex: true,
  slopeAtZero: Infinity,
  value: (t) => (t === 0 ? 0 : Infinity),
  prox: () => 0,
  derivative: () => Infinity,
  subdifferentialDistance: (t) => (t === 0 ? 0 : Infinity),
};

/** The null model of a covariance, solved loosely; its Ω and Δ are a start for fits with large τ. */
export function fitNullModel(
  covariance: Matrix,
  importantNodes: readonly number[],
  coupling: number,
  signal?: AbortFlag,
): GgmFit {
  const options = { tolerance: LOOSE, maxIterations: MAX_ITERATIONS };
  return fitGgm(
    { covariance, importantNodes, coupling, tau: 1, penalty: zeroOnly },
    signal === undefined ? options : { ...options, signal },
  );
}

/**
 * The τ at which a group as long as the given quantile of the null model's would just vanish: with 0.5, half of the
 * groups are asked to leave.
 *
 * @param quantile in [0, 1]; 1 is the τ at which all of them vanish.
 */
export function tauAtQuantile(
  problem: Pick<ColumnProblem, 'groups' | 'coupling' | 'penalty'>,
  nullOmega: Matrix,
  quantile: number,
): number {
  const lengths = problem.groups
    .map((group) => euclideanNorm(readGroup(nullOmega.data, nullOmega.rows, group)))
    .sort((a, b) => a - b);
  const length = lengths[Math.round(quantile * (lengths.length - 1))] ?? 0;
  return 2 * problem.coupling * vanishingWeight(problem.penalty, length);
}
