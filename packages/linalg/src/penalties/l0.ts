/**
 * g(t) = 1 for t > 0 and 0 at 0: ℓ0 counts what is not zero. Its prox is hard thresholding at √(2w) (Donoho & Johnstone,
 * Biometrika 81, 1994; as a prox, Blumensath & Davies, J. Fourier Anal. Appl. 14, 2008).
 */
import type { Penalty } from './penalty.js';
import { smoothSubdifferentialDistance } from './subdifferential.js';

/** The penalty that counts. */
export function l0Penalty(): Penalty {
  return {
    name: 'l0',
    coercive: false,
    convex: false,
    slopeAtZero: Infinity,
    value: (t) => (t > 0 ? 1 : 0),
    prox: (t, weight) => (t > Math.sqrt(2 * weight) ? t : 0),
    derivative: () => 0,
    subdifferentialDistance: smoothSubdifferentialDistance(Infinity, () => 0),
  };
}
