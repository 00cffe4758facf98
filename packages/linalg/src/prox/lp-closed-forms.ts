/**
 * Closed forms of the prox of w x^p above its threshold: the largest root of x − t + w p x^(p−1) = 0.
 *
 * p = ½: with x = u² a cubic, u³ − t u + w/2 = 0, by Viète's cosines (Xu, Chang, Xu & Zhang, IEEE Trans. Neural Netw.
 * Learn. Syst. 23, 2012, with their λ = 2w). p = ⅔: with x = u³ a quartic, u⁴ − t u + 2w/3 = 0, by Ferrari's method
 * (Cao, Sun & Xu, J. Vis. Commun. Image Represent. 24, 2013): as (u² + s²/2)² = (s u + t/(2s))² it has the resolvent
 * s⁶ − (8w/3) s² = t², a cubic in s², by Cardano's formula (their hyperbolic cosine loses digits where w is small).
 */

/** Beyond this ratio the weight moves t by less than rounding, and the square of the ratio may overflow. */
const NEGLIGIBLE = 1e30;

/** @param t above the threshold of ½. */
export function rootAtOneHalf(t: number, weight: number): number {
  const angle = Math.acos((-0.75 * weight * Math.sqrt(3 / t)) / t) / 3;
  const u = Math.cos(angle);
  return (4 / 3) * t * u * u;
}

/** @param t above the threshold of ⅔. */
export function rootAtTwoThirds(t: number, weight: number): number {
  const root = Math.sqrt(2 * weight);
  const ratio = (27 / 16) * (t / (root * Math.sqrt(root))) ** 2; // > 1 above the threshold
  if (ratio > NEGLIGIBLE) return t;
  const q = Math.cbrt(ratio + Math.sqrt((ratio - 1) * (ratio + 1)));
  const s = Math.sqrt((2 / 3) * root * (q + 1 / q));
  const u = 0.5 * (s + Math.sqrt((2 * t) / s - s * s));
  return u * u * u;
}
