/**
 * Finds a key that occurs twice in one object of a JSON text.
 *
 * `JSON.parse` silently keeps the last of two equal keys, so two readers could see two different tensors under one
 * name; the format forbids it. The scan is a plain loop, since a regular expression runs out of stack on a long string.
 */

/** The first key that an object of `json` holds twice, or undefined. `json` must be valid JSON. */
export function findDuplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '{' || character === '[') {
      open.push(new Set());
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === '"') {
      const end = endOfString(json, i);
      if (isFollowedByColon(json, end)) {
        // Decoded, since "a" and "\u0061" are the same key.
        const key: unknown = JSON.parse(json.slice(i, end));
        const keys = open.at(-1);
        if (typeof key === 'string' && keys?.has(key) === true) return key;
        if (typeof key === 'string') keys?.add(key);
      }
      i = end - 1;
    }
  }
  return undefined;
}

/** The position after the closing quote of the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  let i = start + 1;
  while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
  return i + 1;
}

function isFollowedByColon(json: string, position: number): boolean {
  let i = position;
  while (json[i] === ' ' || json[i] === '\n' || json[i] === '\r' || json[i] === '\t') i++;
  return json[i] === ':';
}
