/** Which known names a misspelt one may have meant, for error messages. */
import leven from 'leven';

/** The fewest insertions, deletions and substitutions from one name to another (Levenshtein), whatever their letters' case. */
export function editDistance(a: string, b: string): number {
  return leven(a.toLowerCase(), b.toLowerCase());
}

/**
 * The known names at the smallest distance, nearest first; of equals those that come first.
 *
 * @param count how many at most.
 */
export function nearestNames(name: string, known: readonly string[], count: number): string[] {
  return known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}
