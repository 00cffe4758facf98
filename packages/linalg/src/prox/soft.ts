/**
 * Soft thresholding, the prox of w·|x| (Donoho & Johnstone, Biometrika 81, 1994): y shrunk towards 0 by w.
 *
 * @param y finite.
 * @param weight w ≥ 0, the threshold.
 */
export function proxL1(y: number, weight: number): number {
  if (y > weight) return y - weight;
  return y < -weight ? y + weight : 0;
}
