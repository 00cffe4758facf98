import type { EncodeOptions, TextTokenizer } from '../../src/index.js';

/** The ids of a text or a pair, to compare with lists. */
export function idsOf(
  tokenizer: TextTokenizer,
  text: string,
  pair?: string,
  options?: EncodeOptions,
): readonly number[] {
  return tokenizer.encode(text, pair, options).ids;
}
