/**
 * The smoothly clipped absolute deviation penalty (Fan & Li, J. Am. Statist. Assoc. 96, 2001, eq. 2.7), with L = level:
 *
 *   g′(t) = 1 for t ≤ L,  (aL − t) / ((a − 1) L) for L < t < aL,  0 beyond.
 *
 * Fan and Li's penalty of level λ is λ · g with `level` = λ, so a classical SCAD fit has τ = λ and `scadPenalty(a, λ)`.
 * With the default level 1 the knees stay at 1 and a whatever the weight.
 *
 * The prox. While w < (a − 1) L the problem is convex and the prox continuous: soft thresholding, then the line through
 * (w + L, L) and (aL, aL), then the identity (their eq. 2.8 at w = L). For greater w the middle is concave and never
 * holds the minimum; soft thresholding jumps to the identity where both are equally good.
 */
import { jumpToIdentity } from '../prox/jump.js';
import { proxL1 } from '../prox/soft.js';
import type { Penalty } from './penalty.js';
import { requirePositive } from './positive.js';
import { smoothSubdifferentialDistance } from './subdifferential.js';

/**
 * The smoothly clipped absolute deviation penalty.
 *
 * @param a > 2, the outer knee in units of `level`; default 3.7.
 * @param level λ > 0 inside the penalty, in the units of t; default 1.
 * @throws RangeError when a parameter is out of range.
 */
export function scadPenalty(a = 3.7, level = 1): Penalty {
  if (!(a > 2 && a < Infinity)) {
    throw new RangeError(`scadPenalty: a must be finite and greater than 2; got ${a}`);
  }
  requirePositive('scadPenalty', 'level', level);
  const knee = a * level;
  const width = knee - level; // of the quadratic part
  const plateau = 0.5 * (level + knee);
  const derivative = (t: number): number => (t <= level ? 1 : Math.max(0, (knee - t) / width));
  return {
    name: level === 1 ? `scad(${a})` : `scad(${a}, ${level})`,
    coercive: false,
    convex: false,
    slopeAtZero: 1,
    value: (t) => {
      if (t <= level) return t;
      return t < knee ? t - (0.5 * (t - level) ** 2) / width : plateau;
    },
    prox: (t, weight) => {
      if (weight < width) {
        if (t <= weight + level) return proxL1(t, weight);
        return t < knee ? (t - (weight * knee) / width) / (1 - weight / width) : t;
      }
      return t > jumpToIdentity(weight, plateau) ? t : proxL1(t, weight);
    },
    derivative,
    subdifferentialDistance: smoothSubdifferentialDistance(1, derivative),
  };
}
