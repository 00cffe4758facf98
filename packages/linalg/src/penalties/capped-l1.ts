/**
 * g(t) = min(t, θ), the capped ℓ1 (Zhang, J. Mach. Learn. Res. 11, 2010; Gong et al., ICML 2013, Table 1).
 *
 * The prox is soft thresholding up to a jump, from where on t is left alone: at θ + w/2 while w ≤ 2θ, and hard
 * thresholding at √(2wθ) for greater w. It never takes the value θ of the kink.
 */
import { jumpToIdentity } from '../prox/jump.js';
import { proxL1 } from '../prox/soft.js';
import type { Penalty } from './penalty.js';
import { requirePositive } from './positive.js';
import { smoothSubdifferentialDistance } from './subdifferential.js';

/**
 * The capped ℓ1 penalty.
 *
 * Its limiting subdifferential at the kink t = θ is {0, weight}: the slopes of both sides.
 *
 * @param theta θ > 0, the length from which on the penalty is constant.
 * @throws RangeError when theta is not positive and finite.
 */
export function cappedL1Penalty(theta: number): Penalty {
  requirePositive('cappedL1Penalty', 'theta', theta);
  const derivative = (t: number): number => (t < theta ? 1 : 0);
  const besideKink = smoothSubdifferentialDistance(1, derivative);
  return {
    name: `capped-l1(${theta})`,
    coercive: false,
    convex: false,
    slopeAtZero: 1,
    value: (t) => Math.min(t, theta),
    prox: (t, weight) => (t > jumpToIdentity(weight, theta) ? t : proxL1(t, weight)),
    derivative,
    subdifferentialDistance: (t, slope, weight) =>
      t === theta ? Math.min(Math.abs(slope), Math.abs(slope - weight)) : besideKink(t, slope, weight),
  };
}
