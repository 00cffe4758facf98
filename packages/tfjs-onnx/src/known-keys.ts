/** Options with a key that nobody reads are a typing error: the message names the nearest key that there is. */

/** The least number of insertions, deletions and replacements that turn one word into the other (Levenshtein). */
function distance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous.at(-1) ?? 0;
}

/** The known word that is nearest to a word. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  return [...known].sort((x, y) => distance(word, x) - distance(word, y))[0];
}

/** Throws on a key of `options` that isn't known. */
export function checkKnownKeys(caller: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new Error(
      `${caller}: unknown option ${key}; did you mean ${nearest(key, known) ?? 'none'}? Known: ${known.join(', ')}`,
    );
  }
}
