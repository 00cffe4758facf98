/** What this package throws. Each message is one line: what was asked for, what came, and what to do about it. */

/** A request that cannot be met as it stands: a wrong name, no access, files that are not there, a bad option. */
export class HubError extends Error {
  override readonly name: string = 'HubError';
}

/** The hub could not be reached, kept failing, or sent wrong content: the same request may succeed later. */
export class HubUnavailableError extends HubError {
  override readonly name: string = 'HubUnavailableError';
}

/** The text of whatever was thrown. Not by `instanceof`: an error may come from another realm, as under jest. */
export function reasonOf(cause: unknown): string {
  return isObject(cause) && 'message' in cause ? String(cause.message) : String(cause);
}

/** Whether a file system call failed with this code. */
export function hasCode(cause: unknown, ...codes: readonly string[]): boolean {
  return isObject(cause) && 'code' in cause && codes.includes(String(cause.code));
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
