/**
 * g(t) = 1 − e^(−t/γ), the Laplace penalty (Trzasko & Manduca, IEEE Trans. Med. Imaging 28, 2009; Lu, Tang, Yan & Lin,
 * CVPR 2014, Table 1). With γ → 0 it counts like ℓ0.
 */
import { proxConcave } from '../prox/concave.js';
import type { Penalty } from './penalty.js';
import { requirePositive } from './positive.js';
import { smoothSubdifferentialDistance } from './subdifferential.js';

/**
 * The Laplace penalty.
 *
 * @param gamma γ > 0, in the units of t: the length at which the penalty has reached 63 % of its largest value, 1.
 * @throws RangeError when gamma is not positive and finite.
 */
export function laplacePenalty(gamma: number): Penalty {
  requirePositive('laplacePenalty', 'gamma', gamma);
  const slopeAtZero = 1 / gamma;
  const value = (t: number): number => -Math.expm1(-t / gamma);
  const derivative = (t: number): number => Math.exp(-t / gamma) / gamma;
  const secondDerivative = (t: number): number => -Math.exp(-t / gamma) / (gamma * gamma);
  const g = { slopeAtZero, value, derivative, secondDerivative };
  return {
    name: `laplace(${gamma})`,
    coercive: false,
    convex: false,
    slopeAtZero,
    value,
    prox: (t, weight) => proxConcave(t, weight, g),
    derivative,
    subdifferentialDistance: smoothSubdifferentialDistance(slopeAtZero, derivative),
  };
}
