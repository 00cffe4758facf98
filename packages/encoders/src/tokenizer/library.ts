/** `@huggingface/tokenizers`, by the one function that is used of it. */
import { Tokenizer } from '@huggingface/tokenizers';

import type { AddedToken } from './added-tokens.js';

/** The parts of a `tokenizer.json` that the library builds a tokenizer from. */
export interface Description {
  readonly addedTokens: readonly AddedToken[];
  readonly normalizer: object | null;
  readonly preTokenizer: object;
  readonly model: object;
}

/** The part of the library's `Tokenizer` that is used. */
interface Encoder {
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: number[] };
}

/** A function from a text to its token ids, without special tokens around it. */
export function libraryEncoder(description: Description): (text: string) => number[] {
  const { addedTokens, normalizer, preTokenizer, model } = description;
  const encoder = createEncoder({
    added_tokens: addedTokens.map(({ id, content, special, normalized }) => ({
      id,
      content,
      special,
      normalized,
    })),
    normalizer,
    pre_tokenizer: preTokenizer,
    model,
    post_processor: null,
    decoder: null,
  });
  return (text) => encoder.encode(text, { add_special_tokens: false }).ids;
}

/**
 * Built through `unknown` and checked: the library's declarations import one another without file extensions, so that
 * TypeScript cannot resolve its class in an ES module.
 */
function createEncoder(description: object): Encoder {
  const library: unknown = Tokenizer;
  if (typeof library === 'function') {
    const encoder: unknown = Reflect.construct(library, [description, {}]);
    if (isEncoder(encoder)) return encoder;
  }
  throw new Error(
    'loadTokenizer: @huggingface/tokenizers must export a Tokenizer class with encode; got another version?',
  );
}

function isEncoder(value: unknown): value is Encoder {
  return (
    typeof value === 'object' && value !== null && 'encode' in value && typeof value.encode === 'function'
  );
}
