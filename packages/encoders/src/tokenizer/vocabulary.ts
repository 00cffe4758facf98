/**
 * What a byte-level BPE tokenizer consists of, checked: a vocabulary, its merges in order of rank, and the tokens that are
 * found in a text before anything else ("added" tokens, RoBERTa's special ones among them).
 */

/** A token that is matched as a whole in the text, as `tokenizer.json` describes it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Whether it takes the spaces on its left, as <mask> does. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

export interface BpeVocabulary {
  /** Token to id. */
  readonly ids: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [left: string, right: string])[];
  readonly addedTokens: readonly AddedToken[];
  /** Whether a text gets a space in front, so that its first word is spelt as any other. */
  readonly addPrefixSpace: boolean;
}

/** The ids of RoBERTa's special tokens. */
export interface SpecialTokens {
  /** <s>, first in every input. */
  readonly bos: number;
  readonly pad: number;
  /** </s>, after every text. */
  readonly eos: number;
  /** <unk>, for a byte that the vocabulary lacks (a sound byte-level vocabulary lacks none). */
  readonly unk: number;
}

/** The names by which RoBERTa's vocabularies hold them. */
export const specialTokenNames: Readonly<Record<keyof SpecialTokens, string>> = {
  bos: '<s>',
  pad: '<pad>',
  eos: '</s>',
  unk: '<unk>',
};

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

/**
 * Merges as pairs. A merge is ["a", "b"] or, in files of older versions, "a b".
 *
 * @param where names the i-th merge in messages, as `merges.txt line 5` does
 * @throws Error unless each merge is a pair whose parts and whose whole are in the vocabulary
 */
export function checkMerges(
  merges: readonly unknown[],
  ids: ReadonlyMap<string, number>,
  where: (i: number) => string,
): (readonly [string, string])[] {
  return merges.map((merge, i) => {
    const parts = typeof merge === 'string' ? merge.split(' ') : merge;
    const [left, right] = isPair(parts) ? parts : [];
    if (left === undefined || right === undefined || left === '' || right === '') {
      throw new Error(`${where(i)}: expected a merge of two tokens; got ${shown(merge)}`);
    }
    for (const token of [left, right, left + right]) {
      if (!ids.has(token)) {
        throw new Error(
          `${where(i)}: expected its tokens and their join in the vocabulary; it lacks ${shown(token)}`,
        );
      }
    }
    return [left, right];
  });
}

function isPair(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
}

/** The special tokens' ids. @throws Error naming those that the vocabulary lacks */
export function findSpecialTokens(ids: ReadonlyMap<string, number>, source: string): SpecialTokens {
  const missing = Object.values(specialTokenNames).filter((token) => !ids.has(token));
  const id = (name: keyof SpecialTokens): number => {
    const found = ids.get(specialTokenNames[name]);
    if (found !== undefined) return found;
    throw new Error(
      `${source}: expected RoBERTa's special tokens in the vocabulary; it lacks ${missing.join(', ')}`,
    );
  };
  return { bos: id('bos'), pad: id('pad'), eos: id('eos'), unk: id('unk') };
}

/** A value as it appears in a message: its JSON, cut to 60 characters. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
