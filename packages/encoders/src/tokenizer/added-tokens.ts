/** Tokens that are found in a text before anything else ("added" tokens, the special ones among them). */
import { isObject, shown } from './files.js';

/** A token that is matched as a whole in the text, as `tokenizer.json` describes it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Whether it is looked for in the text as it is after normalisation. */
  readonly normalized: boolean;
  /** Whether it takes the spaces on its left, as <mask> does. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** `added_tokens` of a `tokenizer.json`. @throws Error naming the token that is malformed */
export function parseAddedTokens(added: unknown, path: string): AddedToken[] {
  if (!Array.isArray(added))
    throw new Error(`${path}: expected added_tokens to be a list; got ${shown(added)}`);
  return added.map((token: unknown, i) => {
    const { id, content } = isObject(token) ? token : {};
    if (
      !isObject(token) ||
      typeof id !== 'number' ||
      !Number.isSafeInteger(id) ||
      typeof content !== 'string'
    ) {
      throw new Error(
        `${path}: expected added_tokens[${i}] to have an id and a content; got ${shown(token)}`,
      );
    }
    const flag = (name: string): boolean => token[name] === true;
    if (content === '' || flag('single_word')) {
      throw new Error(
        `${path}: expected added_tokens[${i}] to have a text and no single_word; got ${shown(token)}`,
      );
    }
    return {
      id,
      content,
      special: flag('special'),
      normalized: flag('normalized'),
      lstrip: flag('lstrip'),
      rstrip: flag('rstrip'),
    };
  });
}

/** Special tokens that a file of the older kind has in its vocabulary without saying so. */
export function addSpecial(contents: readonly string[], ids: ReadonlyMap<string, number>): AddedToken[] {
  return contents.flatMap((content) => {
    const id = ids.get(content);
    if (id === undefined) return []; // a mask is no loss; the others are missed by findSpecialTokens
    const lstrip = content === '<mask>';
    return [{ id, content, special: true, normalized: false, lstrip, rstrip: false }];
  });
}

/** A regular expression that matches any of the texts, the longest first. */
export function anyOf(texts: readonly string[]): string {
  return [...texts]
    .sort((a, b) => b.length - a.length)
    .map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('|');
}
