/** Options that methods with a product beside the weight have in common, checked. */

/** @throws when one of them is out of range */
export function checkPairOptions(
  caller: string,
  { alpha, dropout, seed }: { readonly alpha: number; readonly dropout: number; readonly seed: number },
): void {
  if (!(alpha > 0 && Number.isFinite(alpha))) {
    throw new Error(`${caller}: alpha must be positive and finite; got ${alpha}`);
  }
  if (!(dropout >= 0 && dropout < 1)) {
    throw new Error(`${caller}: dropout must lie in [0, 1); got ${dropout}`);
  }
  if (!Number.isSafeInteger(seed)) throw new Error(`${caller}: seed must be an integer; got ${seed}`);
}
