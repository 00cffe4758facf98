/**
 * g(t) = log(1 + t/ε), the log-sum penalty (Candès, Wakin & Boyd, J. Fourier Anal. Appl. 14, 2008; `LSP` in Gong et
 * al., ICML 2013, Table 1). Lu et al.'s logarithm (CVPR 2014, Table 1), log(γt + 1) / log(γ + 1), is this one with
 * ε = 1/γ and another weight.
 *
 * Stationary points of ½ (x − t)² + w g(x) solve the quadratic x² − (t − ε) x + w − tε = 0; its larger root competes
 * with 0.
 */
import { beatsZero } from '../prox/concave.js';
import type { Penalty } from './penalty.js';
import { requirePositive } from './positive.js';
import { smoothSubdifferentialDistance } from './subdifferential.js';

/**
 * The log-sum penalty.
 *
 * @param epsilon ε > 0, in the units of t: lengths well below it are penalised like ℓ1 with slope 1/ε.
 * @throws RangeError when epsilon is not positive and finite.
 */
export function logSumPenalty(epsilon: number): Penalty {
  requirePositive('logSumPenalty', 'epsilon', epsilon);
  const value = (t: number): number => Math.log1p(t / epsilon);
  const derivative = (t: number): number => 1 / (t + epsilon);
  return {
    name: `log-sum(${epsilon})`,
    coercive: false,
    convex: false,
    slopeAtZero: 1 / epsilon,
    value,
    prox: (t, weight) => {
      if (weight === 0) return t;
      const discriminant = (t + epsilon) ** 2 - 4 * weight;
      if (!(discriminant > 0)) return 0;
      const root = Math.sqrt(discriminant);
      // Of the two forms of the larger root, the one that does not subtract neighbouring numbers.
      const x =
        t > epsilon ? 0.5 * (t - epsilon + root) : (2 * (t * epsilon - weight)) / (epsilon - t + root);
      if (!(x > 0)) return 0;
      return t * epsilon > weight || beatsZero(x, t, weight * value(x)) ? x : 0;
    },
    derivative,
    subdifferentialDistance: smoothSubdifferentialDistance(1 / epsilon, derivative),
  };
}
