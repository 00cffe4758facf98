/** Checks an options object at the border: a misspelt key is an error that names the nearest known one. */
import { closestMatch } from 'leven';

import { GlueError, quoted } from './error.js';

export function requireKnownKeys(where: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const meant = closestMatch(key, known) ?? '';
    throw new GlueError(
      `${where}: unknown option ${quoted(key)}; did you mean ${quoted(meant)}? Known: ${known.join(', ')}`,
    );
  }
}
