/**
 * Texts to token ids: `<s> A </s>` and `<s> A </s></s> B </s>` for RoBERTa, `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]` for BERT.
 *
 * Equal to Hugging Face's slow tokenizers (`longest_first` truncation).
 */
import { readTokenizer } from './read-tokenizer.js';
import { findSpecialTokens } from './special-tokens.js';
import type { Frame, SpecialTokens } from './special-tokens.js';
import { truncateLongestFirst } from './truncate.js';

export interface EncodeOptions {
  /** Most tokens of the result, special ones included; at least these. Default: no limit. */
  readonly maxLength?: number;
}

/** A text, or a pair of texts, as tokens with special tokens around them. */
export interface Encoding {
  readonly ids: readonly number[];
  /** For each token 1 if it belongs to the second text of a pair and the architecture tells the texts apart, else 0. */
  readonly typeIds: readonly number[];
}

export interface TextTokenizer {
  /** One more than the highest id: the least number of rows of the model's embedding table. */
  readonly vocabSize: number;
  readonly specialTokens: SpecialTokens;
  /** The id that fills a batch up; the same as `specialTokens.pad`. */
  readonly padTokenId: number;
  /**
   * The tokens of a text, or of a pair of texts, with special tokens. An empty or blank text has no tokens of its own.
   *
   * @throws Error when `maxLength` leaves no room for the special tokens
   */
  encode(text: string, pair?: string, options?: EncodeOptions): Encoding;
}

/**
 * Reads the tokenizer of a Hugging Face model folder: `tokenizer.json`, or `vocab.txt` (with `tokenizer_config.json`), or
 * `vocab.json` with `merges.txt`.
 *
 * @throws Error naming the file that is missing, malformed, of another kind, or without the special tokens
 */
export async function loadTokenizer(folder: string): Promise<TextTokenizer> {
  const { ids, frame, source, tokenize } = await readTokenizer(folder);
  const specialTokens = findSpecialTokens(frame, ids, source);
  let vocabSize = 0;
  for (const id of ids.values()) vocabSize = Math.max(vocabSize, id + 1);
  return {
    vocabSize,
    specialTokens,
    padTokenId: specialTokens.pad,
    encode(text, pair, { maxLength = Infinity } = {}) {
      const room = roomForText(maxLength, pair === undefined ? 2 : 2 + frame.between, pair !== undefined);
      const [a, b] = truncateLongestFirst(tokenize(text), pair === undefined ? [] : tokenize(pair), room);
      return framed(frame, specialTokens, a, pair === undefined ? null : b);
    },
  };
}

/** Puts the special tokens around texts. */
function framed(
  { between, secondType }: Frame,
  { bos, eos }: SpecialTokens,
  first: readonly number[],
  second: readonly number[] | null,
): Encoding {
  const start = [bos, ...first, eos];
  const rest = second === null ? [] : [...(between === 2 ? [eos] : []), ...second, eos];
  return {
    ids: [...start, ...rest],
    typeIds: [...start.map(() => 0), ...rest.map(() => secondType)],
  };
}

function roomForText(maxLength: number, specialTokens: number, isPair: boolean): number {
  if (maxLength !== Infinity && (!Number.isSafeInteger(maxLength) || maxLength < specialTokens)) {
    throw new Error(
      `encode: maxLength must be an integer of at least ${specialTokens}, the special tokens of ` +
        `${isPair ? 'a pair of texts' : 'a text'}; got ${maxLength}`,
    );
  }
  return maxLength - specialTokens;
}
