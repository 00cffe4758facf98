/** The border check of the penalties' parameters. */

/**
 * @throws RangeError such as `gemanPenalty: gamma must be positive and finite; got 0`
 */
export function requirePositive(caller: string, argument: string, value: number): void {
  if (!(value > 0 && value < Infinity)) {
    throw new RangeError(`${caller}: ${argument} must be positive and finite; got ${value}`);
  }
}
