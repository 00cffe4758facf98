/** The border check for option objects: a misspelt key is an error that names the nearest known one. */
import { editDistance, nearestNames } from './nearest-names.js';

/**
 * Checks that `options` has no key outside `known`.
 *
 * @param caller function whose options these are; begins the message.
 * @throws TypeError such as `fitGgm: unknown option "tua"; did you mean "tau"?`
 */
export function checkOptions(caller: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const [nearest] = nearestNames(key, known, 1);
    const isNear = nearest !== undefined && editDistance(key, nearest) <= Math.max(2, key.length / 2);
    const hint = isNear ? `did you mean "${nearest}"?` : `known: ${known.join(', ')}`;
    throw new TypeError(`${caller}: unknown option "${key}"; ${hint}`);
  }
}
