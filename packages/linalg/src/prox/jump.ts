/**
 * Where soft thresholding gives way to leaving t alone. For a penalty that has slope 1 at first and levels off at a
 * plateau c, the minimum of ½ (x − t)² + w g(x) is one of
 *
 *   x = max(0, t − w), at ½ w² + w (t − w) for t ≥ w and ½ t² for t ≤ w,   and   x = t, at w c.
 *
 * They are equal at t = c + ½ w when that is at least w, and else at √(2 w c).
 */

/**
 * @param weight w ≥ 0.
 * @param plateau c > 0, the penalty's largest value.
 * @returns the t above which x = t is the better one.
 */
export function jumpToIdentity(weight: number, plateau: number): number {
  return weight <= 2 * plateau ? plateau + 0.5 * weight : Math.sqrt(2 * weight * plateau);
}
