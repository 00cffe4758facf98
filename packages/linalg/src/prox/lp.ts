/**
 * The proximal operator of w·|x|^p for 0 < p ≤ 1: prox(y) = argmin_x ½ (x − y)² + w |x|^p.
 *
 * Generalised soft thresholding (Zuo, Meng, Zhang, Feng & Zhang, ICCV 2013, eqs. 11–13). Below the threshold
 *   t = z + w p z^(p−1) = z (2 − p) / (2 (1 − p)),  z = (2 w (1 − p))^(1/(2−p)),
 * the answer is 0; above it, the larger root of  x − |y| + w p x^(p−1) = 0, with y's sign. For p = 1 this is soft
 * thresholding; for p = ½ and ⅔ there are closed forms.
 *
 * Different on purpose: the root is found by Newton's method to rounding error instead of by five fixed-point steps,
 * which err by 1.8 % near the threshold at p = 0.9. Left of |y| the function is convex and increasing down to the
 * root, so Newton started at |y| decreases to it monotonically.
 */
import { rootAtOneHalf, rootAtTwoThirds } from './lp-closed-forms.js';
import { proxL1 } from './soft.js';

const MAX_NEWTON_STEPS = 64;
/**
 * Newton's relative step after which the next point is exact to rounding. Above the threshold x^(2−p) ≥ 2w(1 − p), so
 * the function's slope is at least ½ and x times its second derivative at most ½: a step leaves at most half its square.
 */
const LAST_STEP = 1e-8;

/**
 * The largest |y| that {@link proxLp} takes to 0.
 *
 * @param weight w ≥ 0; Infinity takes everything to 0.
 * @param p exponent in (0, 1].
 * @throws RangeError when an argument is out of range.
 */
export function lpThreshold(weight: number, p: number): number {
  requireArguments('lpThreshold', weight, p);
  return thresholdOf(weight, p).threshold;
}

/**
 * The exact prox of w·|x|^p at y, to rounding error. At the threshold itself, where 0 and a positive value are equally
 * good, it is 0.
 *
 * @param y finite.
 * @param weight w ≥ 0; Infinity takes everything to 0.
 * @param p exponent in (0, 1].
 * @throws RangeError when an argument is out of range.
 */
export function proxLp(y: number, weight: number, p: number): number {
  requireArguments('proxLp', weight, p);
  if (p === 1) return proxL1(y, weight);
  const size = Math.abs(y);
  const { threshold, smallest } = thresholdOf(weight, p);
  if (size <= threshold) return 0;
  if (smallest === 0) return y; // no weight, or one too small to move anything
  const root = largestRoot(size, weight, p);
  // Rounding may push a root at the threshold past the smallest value there is, or one at |y| past |y|.
  return Math.sign(y) * Math.min(size, Math.max(root, smallest));
}

/** The largest root of x − t + w p x^(p−1) = 0 for t above the threshold. */
function largestRoot(t: number, weight: number, p: number): number {
  if (p === 1 / 2) return rootAtOneHalf(t, weight);
  if (p === 2 / 3) return rootAtTwoThirds(t, weight);
  let x = t;
  for (let step = 0; step < MAX_NEWTON_STEPS; step++) {
    const slope = weight * p * x ** (p - 1);
    const next = x - (x - t + slope) / (1 - ((1 - p) * slope) / x);
    if (x - next <= LAST_STEP * x) return next;
    x = next;
  }
  return x;
}

/**
 * The published iteration, unconverged: x ← |y| − w p x^(p−1), `iterations` times from |y|. For comparison with code
 * that uses it; {@link proxLp} is the exact operator.
 *
 * @param iterations J; default 5.
 */
export function proxLpFixedIterations(y: number, weight: number, p: number, iterations = 5): number {
  requireArguments('proxLpFixedIterations', weight, p);
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new RangeError(
      `proxLpFixedIterations: iterations must be a non-negative integer; got ${iterations}`,
    );
  }
  const size = Math.abs(y);
  if (size <= thresholdOf(weight, p).threshold) return 0;
  let x = size;
  for (let j = 0; j < iterations; j++) x = size - weight * p * x ** (p - 1);
  return Math.sign(y) * x;
}

/** The threshold, and the smallest positive value that the prox takes (just above it). */
function thresholdOf(weight: number, p: number): { threshold: number; smallest: number } {
  if (p === 1) return { threshold: weight, smallest: 0 };
  const smallest = (2 * weight * (1 - p)) ** (1 / (2 - p)); // 0 for no weight, or one at the very end of the range
  return { threshold: (smallest * (2 - p)) / (2 * (1 - p)), smallest };
}

function requireArguments(caller: string, weight: number, p: number): void {
  if (!(weight >= 0)) throw new RangeError(`${caller}: weight must not be negative; got ${weight}`);
  if (!(p > 0 && p <= 1)) throw new RangeError(`${caller}: p must lie in (0, 1]; got ${p}`);
}
