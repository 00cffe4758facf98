/**
 * The prox of w · g for a smooth concave g whose derivative is convex and finite at 0, to rounding error:
 *
 *   prox(t) = argmin_{x ≥ 0} ½ (x − t)² + w g(x),  stationary where h(x) = x − t + w g′(x) = 0.
 *
 * h is convex. If h(0) < 0 it has one root and that is the minimum. Else it has two roots or none, the larger one is a
 * local minimum, and so is 0: their values decide. Newton's method from t, where h ≥ 0, decreases to the larger root
 * monotonically; where there is none it leaves the half-line or stops at a point that is no better than 0.
 *
 * The scheme of candidates compared by value is that of GIST (Gong, Zhang, Lu, Huang & Ye, ICML 2013).
 */

/** What the prox asks of g. */
export interface ConcaveFunction {
  /** g′(0+), finite. */
  readonly slopeAtZero: number;
  /** g(x) for x ≥ 0, accurate relatively near 0. */
  value(x: number): number;
  /** g′(x). */
  derivative(x: number): number;
  /** g″(x) ≤ 0. */
  secondDerivative(x: number): number;
}

const MAX_NEWTON_STEPS = 64;

/**
 * @param t ≥ 0.
 * @param weight w ≥ 0; Infinity gives 0.
 */
export function proxConcave(t: number, weight: number, g: ConcaveFunction): number {
  const x = largestRoot(t, weight, g);
  if (x === 0 || t > weight * g.slopeAtZero) return x;
  return beatsZero(x, t, weight * g.value(x)) ? x : 0;
}

/**
 * Whether x > 0 has a smaller ½ (x − t)² + penalty than 0 has. Divided by x, so that a small x decides by its own size
 * and not by the rounding of ½ t².
 *
 * @param penalty w g(x).
 */
export function beatsZero(x: number, t: number, penalty: number): boolean {
  return 0.5 * x + penalty / x < t;
}

/** The largest root of h in (0, t]; where there is none, 0 or a point worse than 0. */
function largestRoot(t: number, weight: number, g: ConcaveFunction): number {
  let x = t;
  for (let step = 0; step < MAX_NEWTON_STEPS; step++) {
    const next = x - (x - t + weight * g.derivative(x)) / (1 + weight * g.secondDerivative(x));
    if (!(next > 0)) return 0;
    // Steps towards a root only decrease. One that does not is rounding, at the root, or has passed where h is least.
    if (x - next <= Number.EPSILON * x) return x;
    x = next;
  }
  return x;
}
