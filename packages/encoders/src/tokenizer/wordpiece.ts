/**
 * WordPiece (Wu et al. 2016, arXiv 1609.08144, as BERT uses it) by `@huggingface/tokenizers`: the text is cleaned, split at
 * white space, punctuation and around Chinese characters, and each word is cut into the longest pieces of the vocabulary from
 * the left; a word that cannot be cut, or is too long, is unknown.
 *
 * The library looks for Chinese characters among UTF-16 code units and so misses those beyond U+FFFF; here they get their
 * spaces before it.
 */
import type { AddedToken } from './added-tokens.js';
import { libraryEncoder } from './library.js';

/** What is done to a text before it is split into words. */
export interface TextRules {
  /** Whether control characters are dropped and white space becomes spaces. */
  readonly cleanText: boolean;
  /** Whether every Chinese character is a word. */
  readonly chineseCharacters: boolean;
  readonly lowercase: boolean;
  /** Whether marks such as accents are taken off. */
  readonly stripAccents: boolean;
}

export interface WordPieceVocabulary {
  /** Token to id. */
  readonly ids: ReadonlyMap<string, number>;
  readonly addedTokens: readonly AddedToken[];
  readonly unknown: string;
  /** What a piece that does not begin a word begins with. */
  readonly continuing: string;
  /** A word of more characters is unknown. */
  readonly longestWord: number;
  readonly rules: TextRules;
}

/** The CJK ideographs of BERT's `_is_chinese_char` beyond U+FFFF. */
const rareIdeographs =
  '[\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b820}-\u{2ceaf}\u{2f800}-\u{2fa1f}]';

/** A function from a text to its token ids, without special tokens around it. */
export function wordPiece(vocabulary: WordPieceVocabulary): (text: string) => number[] {
  const { ids, addedTokens, unknown, continuing, longestWord, rules } = vocabulary;
  const normalizer = {
    type: 'BertNormalizer',
    clean_text: rules.cleanText,
    handle_chinese_chars: rules.chineseCharacters,
    lowercase: rules.lowercase,
    strip_accents: rules.stripAccents,
  };
  const spaced = { type: 'Replace', pattern: { Regex: rareIdeographs }, content: ' $& ' };
  return libraryEncoder({
    addedTokens,
    normalizer: {
      type: 'Sequence',
      normalizers: rules.chineseCharacters ? [spaced, normalizer] : [normalizer],
    },
    preTokenizer: { type: 'BertPreTokenizer' },
    model: {
      type: 'WordPiece',
      vocab: Object.fromEntries(ids),
      unk_token: unknown,
      continuing_subword_prefix: continuing,
      max_input_chars_per_word: longestWord,
    },
  });
}
