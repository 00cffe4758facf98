/**
 * Byte-level BPE (Radford et al. 2019, as RoBERTa uses it) by `@huggingface/tokenizers`, made to split words exactly as Hugging
 * Face's own tokenizers do.
 *
 * The library's ByteLevel step splits with JavaScript's `\s`; here the same pattern is given with Unicode's white space, so
 * that U+0085 and U+FEFF come out as they do elsewhere; for the same reason the white space that <mask> takes on its left is
 * taken here. Everything else (merges, finding added tokens) is the library's.
 */
import { Tokenizer } from '@huggingface/tokenizers';
import { specialTokenNames } from './vocabulary.js';
import type { AddedToken, BpeVocabulary } from './vocabulary.js';
import { whiteSpace } from './white-space.js';

/**
 * GPT-2's pattern: English contractions, then words, numbers and runs of other characters with at most one space before
 * them, then white space, of which the last character before a word is left to the word.
 */
const words =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+" +
  `| ?[^${whiteSpace}\\p{L}\\p{N}]+|[${whiteSpace}]+(?![^${whiteSpace}])|[${whiteSpace}]+`;

/** The part of the library's `Tokenizer` that is used. */
interface Encoder {
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: number[] };
}

/** A function from a text to its token ids, without special tokens around it. */
export function byteLevelBpe(vocabulary: BpeVocabulary): (text: string) => number[] {
  const encoder = createEncoder(describe(vocabulary));
  const strip = stripper(vocabulary.addedTokens);
  return (text) => {
    const spaced = vocabulary.addPrefixSpace && !text.startsWith(' ') ? ` ${text}` : text;
    return encoder.encode(strip(spaced), { add_special_tokens: false }).ids;
  };
}

/** The tokenizer as the library takes it, in the terms of a `tokenizer.json`. */
function describe({ ids, merges, addedTokens }: BpeVocabulary): object {
  return {
    added_tokens: addedTokens.map(({ id, content, special }) => ({ id, content, special })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        // With `invert` the matches are the words; the pattern leaves nothing between them.
        { type: 'Split', pattern: { Regex: words }, behavior: 'Isolated', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    model: { type: 'BPE', vocab: Object.fromEntries(ids), merges, unk_token: specialTokenNames.unk },
    post_processor: null,
    decoder: null,
  };
}

/** A function that drops the white space that added tokens take on their left (`lstrip`) or on their right (`rstrip`). */
function stripper(addedTokens: readonly AddedToken[]): (text: string) => string {
  const anyOf = (side: 'lstrip' | 'rstrip'): string =>
    addedTokens
      .filter((token) => token[side])
      .map(({ content }) => content.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
      .join('|');
  const patterns: RegExp[] = [];
  const space = `[${whiteSpace}]`;
  // Matched from the start of a run only, so that long runs take linear time.
  if (anyOf('lstrip') !== '') patterns.push(new RegExp(`(?<!${space})${space}+(?=${anyOf('lstrip')})`, 'gu'));
  if (anyOf('rstrip') !== '') patterns.push(new RegExp(`(?<=${anyOf('rstrip')})${space}+`, 'gu'));
  return (text) => patterns.reduce((rest, pattern) => rest.replaceAll(pattern, ''), text);
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
