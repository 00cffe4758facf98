/**
 * A WordPiece tokenizer as BERT's, from `tokenizer.json`, or from the older `vocab.txt` (one token a line, its id the line's
 * number from 0). `tokenizer_config.json` may say how the text is treated; it has the last word, as in Hugging Face's code.
 */
import { addSpecial, parseAddedTokens } from './added-tokens.js';
import { isObject, linesOf, shown } from './files.js';
import type { Json } from './files.js';
import { bertFrame } from './special-tokens.js';
import { checkIds } from './vocabulary-ids.js';
import type { TextRules, WordPieceVocabulary } from './wordpiece.js';

/** BERT's own values, for files that say nothing. */
const usualContinuing = '##';
const usualLongestWord = 100;

/** A parsed `tokenizer_config.json` and its path; `{}` where there is none. */
export interface TokenizerConfig {
  readonly json: Json;
  readonly path: string;
}

/** @param json a `tokenizer.json` whose model is a WordPiece */
export function parseWordPieceJson(
  json: Json,
  model: Json,
  path: string,
  config: TokenizerConfig,
): WordPieceVocabulary {
  const { normalizer, pre_tokenizer: preTokenizer } = json;
  if (!isObject(normalizer) || normalizer['type'] !== 'BertNormalizer') {
    throw new Error(
      `${path}: expected a normalizer of type "BertNormalizer", as BERT has; got ${shown(normalizer)}`,
    );
  }
  if (!isObject(preTokenizer) || preTokenizer['type'] !== 'BertPreTokenizer') {
    throw new Error(
      `${path}: expected a pre_tokenizer of type "BertPreTokenizer", as BERT has; got ${shown(preTokenizer)}`,
    );
  }
  const {
    unk_token: unknown = bertFrame.names.unk,
    continuing_subword_prefix: continuing = usualContinuing,
    max_input_chars_per_word: longestWord = usualLongestWord,
  } = model;
  if (typeof unknown !== 'string' || typeof continuing !== 'string' || typeof longestWord !== 'number') {
    throw new Error(
      `${path}: expected texts as the model's unk_token and continuing_subword_prefix and a number as its ` +
        `max_input_chars_per_word; got ${shown(unknown)}, ${shown(continuing)} and ${shown(longestWord)}`,
    );
  }
  return {
    ids: checkIds(model['vocab'], `${path}: model.vocab`),
    addedTokens: parseAddedTokens(json['added_tokens'], path),
    unknown,
    continuing,
    longestWord,
    rules: readRules(config, {
      cleanText: flag(normalizer, 'clean_text', path) ?? true,
      chineseCharacters: flag(normalizer, 'handle_chinese_chars', path) ?? true,
      lowercase: flag(normalizer, 'lowercase', path) ?? true,
      stripAccents: flag(normalizer, 'strip_accents', path),
    }),
  };
}

/** @param text a `vocab.txt`; of a token that it has twice the later line counts */
export function parseVocabTxt(text: string, config: TokenizerConfig): WordPieceVocabulary {
  const tokens = linesOf(text);
  const ids = new Map(tokens.map((token, id) => [token, id]));
  return {
    ids,
    addedTokens: addSpecial([...Object.values(bertFrame.names), bertFrame.mask], ids),
    unknown: bertFrame.names.unk,
    continuing: usualContinuing,
    longestWord: usualLongestWord,
    rules: readRules(config, {
      cleanText: true,
      chineseCharacters: true,
      lowercase: !isCased(tokens),
      stripAccents: null,
    }),
  };
}

/** Whether a vocabulary was made from text that was not lower-cased; special and unused tokens (`[UNK]`) do not count. */
function isCased(tokens: readonly string[]): boolean {
  return tokens.some((token) => !/^[[<].*[\]>]$/u.test(token) && token.toLowerCase() !== token);
}

/** What `tokenizer_config.json` says, else `otherwise`; accents go with the capitals unless something is said about them. */
function readRules(
  { json, path }: TokenizerConfig,
  otherwise: Omit<TextRules, 'stripAccents'> & { readonly stripAccents: boolean | null },
): TextRules {
  if (json['do_basic_tokenize'] === false) {
    throw new Error(`${path}: expected do_basic_tokenize to be true, as in BERT; got false`);
  }
  const lowercase = flag(json, 'do_lower_case', path) ?? otherwise.lowercase;
  return {
    cleanText: otherwise.cleanText,
    chineseCharacters: flag(json, 'tokenize_chinese_chars', path) ?? otherwise.chineseCharacters,
    lowercase,
    stripAccents: flag(json, 'strip_accents', path) ?? otherwise.stripAccents ?? lowercase,
  };
}

/** A truth value, or null where the file has none. */
function flag(json: Json, key: string, path: string): boolean | null {
  const value = json[key] ?? null;
  if (value === null || typeof value === 'boolean') return value;
  throw new Error(`${path}: expected ${key} to be true, false or null; got ${shown(value)}`);
}
