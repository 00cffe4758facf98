/**
 * g(t) = (1 − e^(−γt)) / (1 − e^(−γ)), the exponential-type penalty (Gao, Wang, Yu & Zhang, AAAI 2011; Lu, Tang, Yan &
 * Lin, CVPR 2014, Table 1): g(1) = 1; γ → 0 gives ℓ1, γ → ∞ gives ℓ0. It is the Laplace penalty with scale 1/γ and a
 * weight 1 / (1 − e^(−γ)) times as large.
 */
import { laplacePenalty } from './laplace.js';
import type { Penalty } from './penalty.js';
import { requirePositive } from './positive.js';

/**
 * The exponential-type penalty.
 *
 * @param gamma γ > 0, in units of 1/t.
 * @throws RangeError when gamma is not positive and finite.
 */
export function etpPenalty(gamma: number): Penalty {
  requirePositive('etpPenalty', 'gamma', gamma);
  const laplace = laplacePenalty(1 / gamma);
  const scale = -1 / Math.expm1(-gamma);
  return {
    name: `etp(${gamma})`,
    coercive: false,
    convex: false,
    slopeAtZero: scale * gamma,
    value: (t) => scale * laplace.value(t),
    prox: (t, weight) => laplace.prox(t, scale * weight),
    derivative: (t) => scale * laplace.derivative(t),
    subdifferentialDistance: (t, slope, weight) => laplace.subdifferentialDistance(t, slope, scale * weight),
  };
}
