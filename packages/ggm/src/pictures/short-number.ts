/** Numbers for people: three significant digits. */

/** Such as `0.25`, `−1.3`, `1.2e+5`. */
export function shortNumber(value: number): string {
  const text = String(Number(value.toPrecision(3)));
  const size = Math.abs(value);
  const short = value !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(1) : text;
  return short.replace(/^-/, '−');
}
