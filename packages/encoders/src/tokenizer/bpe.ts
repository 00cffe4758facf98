/**
 * Byte-level BPE (Radford et al. 2019, as RoBERTa uses it) by `@huggingface/tokenizers`, made to split words exactly as Hugging
 * Face's own tokenizers do.
 *
 * The library's ByteLevel step splits with JavaScript's `\s`; here the same pattern is given with Unicode's white space, so
 * that U+0085 and U+FEFF come out as they do elsewhere; for the same reason the white space that <mask> takes on its left is
 * taken here. Everything else (merges, finding added tokens) is the library's.
 */
import { anyOf } from './added-tokens.js';
import type { AddedToken } from './added-tokens.js';
import type { BpeVocabulary } from './bpe-vocabulary.js';
import { libraryEncoder } from './library.js';
import type { Description } from './library.js';
import { robertaFrame } from './special-tokens.js';
import { isBlank, whiteSpace } from './white-space.js';

/**
 * GPT-2's pattern: English contractions, then words, numbers and runs of other characters with at most one space before
 * them, then white space, of which the last character before a word is left to the word.
 */
const words =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+" +
  `| ?[^${whiteSpace}\\p{L}\\p{N}]+|[${whiteSpace}]+(?![^${whiteSpace}])|[${whiteSpace}]+`;

/** A function from a text to its token ids, without special tokens around it; none for a blank text. */
export function byteLevelBpe(vocabulary: BpeVocabulary): (text: string) => number[] {
  const encode = libraryEncoder(describe(vocabulary));
  const strip = stripper(vocabulary.addedTokens);
  return (text) => {
    if (isBlank(text)) return [];
    const spaced = vocabulary.addPrefixSpace && !text.startsWith(' ') ? ` ${text}` : text;
    return encode(strip(spaced));
  };
}

/** The tokenizer as the library takes it. */
function describe({ ids, merges, addedTokens }: BpeVocabulary): Description {
  return {
    addedTokens,
    normalizer: null,
    preTokenizer: {
      type: 'Sequence',
      pretokenizers: [
        // With `invert` the matches are the words; the pattern leaves nothing between them.
        { type: 'Split', pattern: { Regex: words }, behavior: 'Isolated', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    model: { type: 'BPE', vocab: Object.fromEntries(ids), merges, unk_token: robertaFrame.names.unk },
  };
}

/** A function that drops the white space that added tokens take on their left (`lstrip`) or on their right (`rstrip`). */
function stripper(addedTokens: readonly AddedToken[]): (text: string) => string {
  const withSpace = (side: 'lstrip' | 'rstrip'): string =>
    anyOf(addedTokens.filter((token) => token[side]).map(({ content }) => content));
  const [left, right] = [withSpace('lstrip'), withSpace('rstrip')];
  const patterns: RegExp[] = [];
  const space = `[${whiteSpace}]`;
  // Matched from the start of a run only, so that long runs take linear time.
  if (left !== '') patterns.push(new RegExp(`(?<!${space})${space}+(?=${left})`, 'gu'));
  if (right !== '') patterns.push(new RegExp(`(?<=${right})${space}+`, 'gu'));
  return (text) => patterns.reduce((rest, pattern) => rest.replaceAll(pattern, ''), text);
}
