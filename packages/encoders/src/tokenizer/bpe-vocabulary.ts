/**
 * What a byte-level BPE tokenizer consists of, checked: a vocabulary, its merges in order of rank, and its added tokens.
 */
import type { AddedToken } from './added-tokens.js';
import { shown } from './files.js';

export interface BpeVocabulary {
  /** Token to id. */
  readonly ids: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [left: string, right: string])[];
  readonly addedTokens: readonly AddedToken[];
  /** Whether a text gets a space in front, so that its first word is spelt as any other. */
  readonly addPrefixSpace: boolean;
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
