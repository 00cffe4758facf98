/** Bisection for the least positive number that passes a test which all larger ones pass too. */

/**
 * The least x > 0 that passes, to `precision` of itself from above: x passes, (1 − precision) x need not.
 *
 * @param guess where to begin, positive; doubled until it passes. Where nothing finite passes the answer is Infinity.
 * @param passes monotone: false below some x, true from there on.
 * @param precision relative.
 */
export function smallestPassing(guess: number, passes: (x: number) => boolean, precision: number): number {
  let high = guess;
  while (high < Infinity && !passes(high)) high *= 2;
  if (high === Infinity) return high;
  let low = high / 2;
  while (low > Number.MIN_VALUE && passes(low)) {
    high = low;
    low /= 2;
  }
  while (high - low > precision * high) {
    const middle = (low + high) / 2;
    if (passes(middle)) high = middle;
    else low = middle;
  }
  return high;
}
