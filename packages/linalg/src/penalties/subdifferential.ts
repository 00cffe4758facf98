/**
 * The limiting subdifferential of weight · g(|t|) for a g that is differentiable on (0, ∞) (Rockafellar & Wets,
 * Variational Analysis, 1998, def. 8.3): {weight · g′(t)} for t > 0; at 0, where g(|·|) has slopes ∓g′(0+), the interval
 * between them.
 */

/**
 * @param slopeAtZero g′(0+), possibly Infinity.
 * @param derivative g′ on (0, ∞).
 * @returns the `subdifferentialDistance` of a penalty.
 */
export function smoothSubdifferentialDistance(
  slopeAtZero: number,
  derivative: (t: number) => number,
): (t: number, slope: number, weight: number) => number {
  return (t, slope, weight) => {
    if (weight === 0) return Math.abs(slope); // before 0 · ∞
    if (t > 0) return Math.abs(slope - weight * derivative(t));
    return Math.max(0, Math.abs(slope) - weight * slopeAtZero);
  };
}
