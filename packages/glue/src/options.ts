/** Checks an options object at the border: a misspelt key is an error that names the nearest known one. */
import { GlueError, quoted } from './error.js';
import { nearest } from './nearest.js';

export function requireKnownKeys(where: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const meant = nearest(key, known) ?? '';
    throw new GlueError(
      `${where}: unknown option ${quoted(key)}; did you mean ${quoted(meant)}? Known: ${known.join(', ')}`,
    );
  }
}
