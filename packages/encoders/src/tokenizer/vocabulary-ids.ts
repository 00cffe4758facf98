/** A vocabulary's ids, checked. */
import { shown } from './files.js';

/** Token to id from the `vocab` object of a file. @throws Error unless the ids are distinct non-negative integers */
export function checkIds(vocab: unknown, source: string): Map<string, number> {
  if (typeof vocab !== 'object' || vocab === null || Array.isArray(vocab)) {
    throw new Error(`${source}: expected an object of tokens and their ids; got ${shown(vocab)}`);
  }
  const ids = new Map<string, number>();
  const tokens = new Map<number, string>();
  for (const [token, id] of Object.entries(vocab)) {
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) {
      throw new Error(
        `${source}: expected token ${shown(token)} to have a non-negative integer id; got ${shown(id)}`,
      );
    }
    const other = tokens.get(id);
    if (other !== undefined) {
      throw new Error(
        `${source}: expected distinct ids; tokens ${shown(other)} and ${shown(token)} both have ${id}`,
      );
    }
    ids.set(token, id);
    tokens.set(id, token);
  }
  return ids;
}
