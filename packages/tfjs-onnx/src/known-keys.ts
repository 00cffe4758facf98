/** Options with a key that nobody reads are a typing error: the message names the nearest key that there is. */
import { closestMatch } from 'leven';

/** Throws on a key of `options` that isn't known. */
export function checkKnownKeys(caller: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new Error(
      `${caller}: unknown option ${key}; did you mean ${closestMatch(key, known) ?? 'none'}? Known: ${known.join(', ')}`,
    );
  }
}
