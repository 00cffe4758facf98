/**
 * Texts to RoBERTa's token ids: `<s> A </s>`, and `<s> A </s></s> B </s>` for a pair.
 *
 * Equal to Hugging Face's slow `RobertaTokenizer` (`longest_first` truncation).
 */
import { byteLevelBpe } from './bpe.js';
import { readVocabulary } from './read-vocabulary.js';
import { truncateLongestFirst } from './truncate.js';
import { findSpecialTokens } from './vocabulary.js';
import type { SpecialTokens } from './vocabulary.js';
import { isBlank } from './white-space.js';

export interface EncodeOptions {
  /** Most tokens of the result, special ones included; at least 2, for a pair 4. Default: no limit. */
  readonly maxLength?: number;
}

export interface TextTokenizer {
  /** One more than the highest id: the least number of rows of the model's embedding table. */
  readonly vocabSize: number;
  readonly specialTokens: SpecialTokens;
  /** The id that fills a batch up; the same as `specialTokens.pad`. */
  readonly padTokenId: number;
  /**
   * The ids of a text, or of a pair of texts, with special tokens. An empty or blank text has no tokens of its own.
   *
   * @throws Error when `maxLength` leaves no room for the special tokens
   */
  encode(text: string, pair?: string, options?: EncodeOptions): number[];
}

/**
 * Reads the tokenizer of a Hugging Face model folder: `tokenizer.json`, or `vocab.json` with `merges.txt`.
 *
 * @throws Error naming the file that is missing, malformed, of another kind, or without RoBERTa's special tokens
 */
export async function loadTokenizer(folder: string): Promise<TextTokenizer> {
  const { vocabulary, source } = await readVocabulary(folder);
  const { ids, addedTokens } = vocabulary;
  const allIds = new Map([...ids, ...addedTokens.map(({ content, id }) => [content, id] as const)]);
  const specialTokens = findSpecialTokens(allIds, source);
  const bpe = byteLevelBpe(vocabulary);
  const tokenize = (text: string): readonly number[] => (isBlank(text) ? [] : bpe(text));
  let vocabSize = 0;
  for (const id of allIds.values()) vocabSize = Math.max(vocabSize, id + 1);
  return {
    vocabSize,
    specialTokens,
    padTokenId: specialTokens.pad,
    encode(text, pair, { maxLength = Infinity } = {}) {
      const room = roomForText(maxLength, pair === undefined ? 2 : 4);
      const [a, b] = truncateLongestFirst(tokenize(text), pair === undefined ? [] : tokenize(pair), room);
      const { bos, eos } = specialTokens;
      return pair === undefined ? [bos, ...a, eos] : [bos, ...a, eos, eos, ...b, eos];
    },
  };
}

function roomForText(maxLength: number, specialTokens: number): number {
  if (maxLength !== Infinity && (!Number.isSafeInteger(maxLength) || maxLength < specialTokens)) {
    const what = specialTokens === 2 ? 'a text' : 'a pair of texts';
    throw new Error(
      `encode: maxLength must be an integer of at least ${specialTokens}, the special tokens of ${what}; got ${maxLength}`,
    );
  }
  return maxLength - specialTokens;
}
