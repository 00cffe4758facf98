/**
 * The null model: every group of Δ held at zero (τ = ∞). Its Ω shows how strongly each group asks to enter, and so
 * which τ would keep it out: group j stays zero as long as prox_{(τ/2λ) g}(‖Ω_{I,j}‖) = 0.
 */
import { euclideanNorm, type Matrix } from '@ggm-peft/linalg';
import type { Penalty } from '../penalties/penalty.js';
import { readGroup } from '../problem/groups.js';
import { ggmProblem, type GgmProblem } from '../problem/problem.js';
import { exactBcd } from '../solvers/exact-bcd.js';
import { solve, type AbortFlag, type GgmFit } from '../solvers/solve.js';
import { startingPoint } from '../solvers/starting-point.js';

/** Relative stationarity at which the null model is good enough to read a default τ from. */
const LOOSE = 1e-3;
const MAX_ITERATIONS = 500;

/** The penalty that allows nothing but zero. */
const zeroOnly: Penalty = {
  name: 'zero groups',
  coercive: true,
  value: (t) => (t === 0 ? 0 : Infinity),
  prox: () => 0,
  subdifferentialDistance: (t) => (t === 0 ? 0 : Infinity),
};

/** The null model of a covariance, solved loosely; its Ω and Δ are a start for fits with large τ. */
export function fitNullModel(
  covariance: Matrix,
  importantNodes: readonly number[],
  coupling: number,
  signal?: AbortFlag,
): GgmFit {
  const problem = ggmProblem({ covariance, importantNodes, coupling, tau: 1, penalty: zeroOnly });
  return solve(problem, exactBcd, startingPoint(problem), {
    tolerance: LOOSE,
    maxIterations: MAX_ITERATIONS,
    ...(signal === undefined ? {} : { signal }),
  });
}

/**
 * The τ at which a group as long as the given quantile of the null model's would just vanish: with 0.5, half of the
 * groups are asked to leave.
 *
 * @param quantile in [0, 1]; 1 is the τ at which all of them vanish.
 */
export function tauAtQuantile(
  problem: Pick<GgmProblem, 'groups' | 'coupling' | 'penalty'>,
  nullOmega: Matrix,
  quantile: number,
): number {
  const lengths = problem.groups
    .map((group) => euclideanNorm(readGroup(nullOmega.data, nullOmega.rows, group)))
    .sort((a, b) => a - b);
  const length = lengths[Math.round(quantile * (lengths.length - 1))] ?? 0;
  return 2 * problem.coupling * vanishingWeight(problem.penalty, length);
}

/** The smallest weight, to 1e-9 of itself, whose prox takes `length` to zero: bisection, for a prox falls with weight. */
function vanishingWeight(penalty: Penalty, length: number): number {
  if (length === 0) return 0;
  let high = length;
  while (penalty.prox(length, high) > 0) high *= 2;
  let low = high;
  while (low > Number.MIN_VALUE && penalty.prox(length, low) === 0) low /= 2;
  while (high - low > 1e-9 * high) {
    const middle = (low + high) / 2;
    if (penalty.prox(length, middle) > 0) low = middle;
    else high = middle;
  }
  return high;
}
