/**
 * g(t) = t / (t + γ), the Geman penalty (Geman & Yang, IEEE Trans. Image Process. 4, 1995; Lu, Tang, Yan & Lin, CVPR
 * 2014, Table 1). With γ → 0 it counts like ℓ0, more slowly than the Laplace penalty: g reaches 1 like 1 − γ/t.
 */
import { proxConcave } from '../prox/concave.js';
import type { Penalty } from './penalty.js';
import { requirePositive } from './positive.js';
import { smoothSubdifferentialDistance } from './subdifferential.js';

/**
 * The Geman penalty.
 *
 * @param gamma γ > 0, in the units of t: the length at which the penalty is half of its largest value, 1.
 * @throws RangeError when gamma is not positive and finite.
 */
export function gemanPenalty(gamma: number): Penalty {
  requirePositive('gemanPenalty', 'gamma', gamma);
  const slopeAtZero = 1 / gamma;
  const value = (t: number): number => t / (t + gamma);
  const derivative = (t: number): number => gamma / (t + gamma) ** 2;
  const secondDerivative = (t: number): number => (-2 * gamma) / (t + gamma) ** 3;
  const g = { slopeAtZero, value, derivative, secondDerivative };
  return {
    name: `geman(${gamma})`,
    coercive: false,
    convex: false,
    slopeAtZero,
    value,
    prox: (t, weight) => proxConcave(t, weight, g),
    derivative,
    subdifferentialDistance: smoothSubdifferentialDistance(slopeAtZero, derivative),
  };
}
