/** What every function of this package throws: a file (or value) that is not valid safetensors, or cannot be read or written. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}

/** A tensor or metadata name as it appears in a message: quoted, escaped, on one line, at most 80 characters. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
}

/** Any value from a header as it appears in a message: its JSON, cut to 80 characters. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** The text of whatever was thrown. Not by `instanceof`: an error may come from another realm, as under jest. */
export function reasonOf(cause: unknown): string {
  return isObject(cause) && 'message' in cause ? String(cause.message) : String(cause);
}

/** Whether a file system call failed because there is no such file. */
export function isMissing(cause: unknown): boolean {
  return isObject(cause) && 'code' in cause && cause.code === 'ENOENT';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
