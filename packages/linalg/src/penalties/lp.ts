/**
 * g(t) = t^p for 0 < p ≤ 1 (Frank & Friedman, Technometrics 35, 1993; the prox by Zuo et al., ICCV 2013). On column
 * norms p = 1 is the group lasso; p = 0.9 is what arXiv 2412.08592 uses.
 *
 * For p < 1, g′(0+) = ∞: any group that is zero satisfies the first-order condition. What tells good zeros from bad
 * ones is the prox, which the solvers apply.
 */
import { proxLp } from '../prox/lp.js';
import type { Penalty } from './penalty.js';
import { smoothSubdifferentialDistance } from './subdifferential.js';

/** The ℓp penalty, with its exponent. */
export interface LpPenalty extends Penalty {
  readonly p: number;
}

/**
 * The penalty t^p.
 *
 * @param p exponent in (0, 1]; default 0.9.
 * @throws RangeError when p is out of range.
 */
export function lpPenalty(p = 0.9): LpPenalty {
  if (!(p > 0 && p <= 1)) throw new RangeError(`lpPenalty: p must lie in (0, 1]; got ${p}`);
  const slopeAtZero = p < 1 ? Infinity : 1;
  const derivative = (t: number): number => p * t ** (p - 1);
  return {
    name: `lp(${p})`,
    p,
    coercive: true,
    convex: p === 1,
    slopeAtZero,
    value: (t) => t ** p,
    prox: (t, weight) => proxLp(t, weight, p),
    derivative,
    subdifferentialDistance: smoothSubdifferentialDistance(slopeAtZero, derivative),
  };
}
