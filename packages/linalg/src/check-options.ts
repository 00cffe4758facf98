/** The border check for option objects: a misspelt key is an error that names the nearest known one. */

/**
 * Checks that `options` has no key outside `known`.
 *
 * @param caller function whose options these are; begins the message.
 * @throws TypeError such as `fitGgm: unknown option "tua"; did you mean "tau"?`
 */
export function checkOptions(caller: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const [nearest] = known
      .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
      .sort((a, b) => a.distance - b.distance);
    const hint =
      nearest !== undefined && nearest.distance <= Math.max(2, key.length / 2)
        ? `did you mean "${nearest.name}"?`
        : `known: ${known.join(', ')}`;
    throw new TypeError(`${caller}: unknown option "${key}"; ${hint}`);
  }
}

/** Levenshtein's distance: the fewest insertions, deletions and substitutions from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const current = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const substitution = (previous[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j + 1] ?? 0) + 1, (current[j] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
