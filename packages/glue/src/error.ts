/** What every function of this package throws on bad input: a line that says where, what was expected and what was received. */
export class GlueError extends Error {
  override readonly name = 'GlueError';
}

/** A text as it appears in a message: quoted, escaped, on one line, at most 60 characters. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
