/**
 * The largest absolute difference, relative to the largest expected magnitude (not to less than 1e-3). Infinite where one
 * is not a number and the other is, or where infinities differ.
 */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  let scale = 1e-3;
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i] ?? NaN;
    const b = expected[i] ?? NaN;
    if (Object.is(a, b) || a === b) continue;
    worst = Math.max(worst, Math.abs(a - b));
    if (Number.isNaN(a - b)) return Infinity;
  }
  for (let i = 0; i < expected.length; i++) {
    const b = Math.abs(expected[i] ?? 0);
    if (Number.isFinite(b)) scale = Math.max(scale, b);
  }
  return worst / scale;
}
