/**
 * g(t) = t^p for 0 < p ≤ 1. On column norms p = 1 is the group lasso; p = 0.9 is what arXiv 2412.08592 uses.
 *
 * For p < 1, g′(0+) = ∞: any group that is zero satisfies the first-order condition. What tells good zeros from bad
 * ones is the prox, which the solvers apply.
 */
import { proxLp } from '@ggm-peft/linalg';
import type { Penalty } from './penalty.js';

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
  return {
    name: `lp(${p})`,
    p,
    coercive: true,
    value: (t) => t ** p,
    prox: (t, weight) => proxLp(t, weight, p),
    subdifferentialDistance: (t, slope, weight) => {
      if (t > 0) return Math.abs(slope - weight * p * t ** (p - 1));
      if (weight === 0) return Math.abs(slope);
      return p < 1 ? 0 : Math.max(0, Math.abs(slope) - weight);
    },
  };
}
