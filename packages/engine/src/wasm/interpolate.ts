/**
 * Polynomials for elementary functions, found when the module is assembled rather than copied from a table.
 *
 * Interpolation at Chebyshev nodes is within a small factor of the best approximation of its degree (Trefethen,
 * Approximation Theory and Approximation Practice, SIAM 2013, ch. 15 and 16): for a smooth function one degree more makes
 * up for it. Newton's divided differences, in double precision.
 */

/**
 * @param f a smooth function on [from, to]
 * @param origin what is subtracted from the argument: powers are of x − origin. Default 0.
 * @returns the coefficients c of Σ c[k]·(x − origin)^k, k = 0..degree
 */
export function interpolate(
  f: (x: number) => number,
  [from, to]: readonly [number, number],
  degree: number,
  origin = 0,
): number[] {
  const nodes = Array.from({ length: degree + 1 }, (_, i) => {
    const cosine = Math.cos((Math.PI * (i + 0.5)) / (degree + 1));
    return (from + to + (to - from) * cosine) / 2 - origin;
  });
  const differences = nodes.map((node) => f(node + origin));
  for (let order = 1; order <= degree; order++) {
    for (let i = degree; i >= order; i--) {
      const rise = (differences[i] ?? 0) - (differences[i - 1] ?? 0);
      differences[i] = rise / ((nodes[i] ?? 0) - (nodes[i - order] ?? 0));
    }
  }
  // Σ differences[i]·Π_{j<i} (x − nodes[j]), multiplied out from the inside
  return differences.reduceRight<number[]>((inner, difference, i) => {
    const outer = [difference, ...inner];
    inner.forEach((coefficient, k) => {
      outer[k] = (outer[k] ?? 0) - (nodes[i] ?? 0) * coefficient;
    });
    return outer;
  }, []);
}
