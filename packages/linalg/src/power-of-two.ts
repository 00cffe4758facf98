/** Scaling by a power of two, which is exact: squares can then neither overflow nor vanish. */

/** The exponent of the power of two at or below `value`; 0 for 0. */
export function exponentOf(value: number): number {
  return value > 0 ? Math.floor(Math.log2(value)) : 0;
}

/** x ← x · 2^exponent, in two steps, for 2^exponent alone may lie outside the range of doubles. */
export function scaleByPowerOfTwo(x: Float64Array, exponent: number): void {
  if (exponent === 0) return;
  const half = Math.trunc(exponent / 2);
  const first = 2 ** half;
  const second = 2 ** (exponent - half);
  for (let i = 0; i < x.length; i++) x[i] = (x[i] ?? 0) * first * second;
}
