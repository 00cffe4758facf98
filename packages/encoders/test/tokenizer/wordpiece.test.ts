/**
 * BERT's tokenizer on a vocabulary that can be checked by hand. The cases are those by which Hugging Face tests its own
 * (tests/models/bert/test_tokenization_bert.py), on texts of the same kind where it says nothing.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadTokenizer } from '../../src/index.js';
import type { TextTokenizer } from '../../src/index.js';
import { tokenizerFolders } from './folders.js';
import type { Files } from './folders.js';
import { idsOf } from './ids-of.js';
import { casedTokens, tokens, vocabTxt, wordPieceJson } from './small-wordpiece.js';

const folder = tokenizerFolders();
const load = async (files: Files): Promise<TextTokenizer> => loadTokenizer(await folder(files));
const spelt = (list: readonly string[], ids: readonly number[]): string =>
  ids.map((id) => list[id]).join(' ');

const forms: readonly [name: string, files: Files][] = [
  ['vocab.txt', { 'vocab.txt': vocabTxt(tokens) }],
  ['vocab.txt with CRLF', { 'vocab.txt': vocabTxt(tokens).replaceAll('\n', '\r\n') }],
  ['tokenizer.json', { 'tokenizer.json': wordPieceJson(tokens) }],
  [
    'tokenizer.json of an older version',
    {
      'tokenizer.json': wordPieceJson(
        tokens,
        {},
        { model: { vocab: Object.fromEntries(tokens.map((token, id) => [token, id])) } },
      ),
    },
  ],
];

describe.each(forms)('uncased, from %s', (_, files) => {
  let tokenizer: TextTokenizer;
  beforeAll(async () => {
    tokenizer = await load(files);
  });

  it.each([
    ['unwanted running', 'un ##want ##ed runn ##ing'],
    // A word with a piece that the vocabulary lacks is unknown as a whole.
    ['unwantedX running', 'un ##want ##ed ##x runn ##ing'],
    ['unwantedY running', '[UNK] runn ##ing'],
    ['UNwant\u00e9d,running', 'un ##want ##ed , runn ##ing'],
    // The longest piece wins.
    ['lowest', 'lowest'],
    ['lowed', 'low ##ed'],
    [' \tHeLLo!how  \n Are yoU?  ', 'hello ! how are you ?'],
    // Capitals go, and with them accents, composed or not.
    ['H\u00c9llo', 'hello'],
    ['He\u0301llo', 'hello'],
    // A capital without a small letter, as bert-base-uncased has it, makes no vocabulary cased.
    ['\u211d', 'ℝ'],
    // Each Chinese character is a word, those beyond U+FFFF too.
    ['ah\u535a\u63a8zz', 'ah 博 推 zz'],
    ['ah\u{20000}\u{20000}zz', 'ah 𠀀 𠀀 zz'],
    // ASCII symbols are punctuation, as Unicode's dashes are.
    ["low'low$low\u2014low", "low ' low $ low — low"],
    // Control characters vanish (soft hyphen, NUL, U+FFFD, a zero-width joiner); tab and line feed are white space.
    ['lo\u00adw l\u0000o\ufffdw\u200d', 'low low'],
    ['low\tlow\r\nlow\u00a0low\u2028low', 'low low low low low'],
    // A word of 100 characters may be cut, a longer one is unknown.
    ['x'.repeat(100), ['x', ...Array<string>(99).fill('##x')].join(' ')],
    ['x'.repeat(101), '[UNK]'],
    // Special tokens in the text are themselves, in capitals only.
    ['low [MASK]low[SEP]', 'low [MASK] low [SEP]'],
    ['[mask]', '[UNK] [UNK] [UNK]'],
    ['', ''],
    [' \u00ad\n', ''],
  ])('%j is %s', (text, expected) => {
    expect(spelt(tokens, idsOf(tokenizer, text))).toBe(`[CLS] ${expected} [SEP]`.replace('  ', ' '));
  });

  it('joins a pair with one separator and tells the texts apart by type', () => {
    const { ids, typeIds } = tokenizer.encode('low lowest', 'how are');
    expect(spelt(tokens, ids)).toBe('[CLS] low lowest [SEP] how are [SEP]');
    expect(typeIds).toEqual([0, 0, 0, 0, 1, 1, 1]);
    expect(tokenizer.encode('low', '').typeIds).toEqual([0, 0, 0, 1]);
    expect(tokenizer.encode('low low').typeIds).toEqual([0, 0, 0, 0]);
  });

  it('cuts a pair to a length, three special tokens included', () => {
    const { ids, typeIds } = tokenizer.encode('low low low low', 'how are you', { maxLength: 6 });
    expect(spelt(tokens, ids)).toBe('[CLS] low low [SEP] how [SEP]');
    expect(typeIds).toEqual([0, 0, 0, 0, 1, 1]);
    expect(() => tokenizer.encode('low', 'low', { maxLength: 2 })).toThrow(
      'encode: maxLength must be an integer of at least 3, the special tokens of a pair of texts; got 2',
    );
  });

  it('knows its size and its special tokens', () => {
    expect(tokenizer.vocabSize).toBe(tokens.length);
    expect(tokenizer.specialTokens).toEqual({ bos: 1, pad: 3, eos: 2, unk: 0 });
    expect(tokenizer.padTokenId).toBe(3);
  });
});

describe('capitals and accents', () => {
  const text = ' \tH\u00e4LLo!how  \n Are yoU?  ';
  const lower = (rules: object): Files => ({
    'vocab.txt': vocabTxt(casedTokens),
    'tokenizer_config.json': JSON.stringify(rules),
  });

  it.each<[what: string, files: Files, expected: string]>([
    ['a cased vocabulary', { 'vocab.txt': vocabTxt(casedTokens) }, 'HäLLo ! how Are yoU ?'],
    ['do_lower_case', lower({ do_lower_case: true }), 'hallo ! how are you ?'],
    [
      'do_lower_case without strip_accents',
      lower({ do_lower_case: true, strip_accents: false }),
      'hällo ! how are you ?',
    ],
    ['strip_accents alone', lower({ do_lower_case: false, strip_accents: true }), 'HaLLo ! how Are yoU ?'],
    [
      'tokenizer.json',
      { 'tokenizer.json': wordPieceJson(casedTokens, { lowercase: false }) },
      'HäLLo ! how Are yoU ?',
    ],
    [
      'tokenizer.json, accents apart',
      { 'tokenizer.json': wordPieceJson(casedTokens, { strip_accents: false }) },
      'hällo ! how are you ?',
    ],
    [
      'tokenizer_config.json, before tokenizer.json',
      {
        'tokenizer.json': wordPieceJson(casedTokens, { lowercase: false }),
        'tokenizer_config.json': '{"do_lower_case": true}',
      },
      'hallo ! how are you ?',
    ],
  ])('are kept or lost as %s says', async (_, files, expected) => {
    const tokenizer = await load(files);
    expect(spelt(casedTokens, idsOf(tokenizer, text))).toBe(`[CLS] ${expected} [SEP]`);
  });

  it('leave Chinese characters in their words where the file says so', async () => {
    const tokenizer = await load({
      'vocab.txt': vocabTxt([...tokens, '##博']),
      'tokenizer_config.json': '{"tokenize_chinese_chars": false}',
    });
    expect(idsOf(tokenizer, 'ah博')).toEqual([1, tokens.indexOf('ah'), tokens.length, 2]);
  });
});

describe('files that are refused', () => {
  const json = (change: object, normalizer: object = {}): Files => ({
    'tokenizer.json': wordPieceJson(tokens, normalizer, change),
  });

  it.each<[what: string, files: Files, file: string, message: string]>([
    [
      'another normalizer',
      json({ normalizer: { type: 'NFC' } }),
      'tokenizer.json',
      ': expected a normalizer of type "BertNormalizer", as BERT has; got {"type":"NFC"}',
    ],
    [
      'another pre-tokenizer',
      json({ pre_tokenizer: null }),
      'tokenizer.json',
      ': expected a pre_tokenizer of type "BertPreTokenizer", as BERT has; got null',
    ],
    [
      'a flag in words',
      json({}, { lowercase: 'yes' }),
      'tokenizer.json',
      ': expected lowercase to be true, false or null; got "yes"',
    ],
    [
      'a prefix that is no text',
      json({ model: { type: 'WordPiece', vocab: {}, continuing_subword_prefix: 2 } }),
      'tokenizer.json',
      ": expected texts as the model's unk_token and continuing_subword_prefix",
    ],
    [
      'no special tokens',
      { 'vocab.txt': 'low\n[UNK]\n[CLS]\n' },
      'vocab.txt',
      ": expected BERT's special tokens in the vocabulary; it lacks [PAD], [SEP]",
    ],
    [
      'words that are not split at punctuation',
      { 'vocab.txt': vocabTxt(tokens), 'tokenizer_config.json': '{"do_basic_tokenize": false}' },
      'tokenizer_config.json',
      ': expected do_basic_tokenize to be true, as in BERT; got false',
    ],
  ])('%s', async (_, files, file, message) => {
    const directory = await folder(files);
    await expect(loadTokenizer(directory)).rejects.toThrow(join(directory, file) + message);
  });
});

const bertBase = fileURLToPath(
  new URL('../../../../../shared/tokenizers/bert-base-uncased', import.meta.url),
);
const available = existsSync(bertBase);
const run = available ? it : it.skip;
const suffix = available ? '' : ' (skipped: no shared/tokenizers beside the repository)';

describe('bert-base-uncased', () => {
  run(`gives the ids of Hugging Face's documentation and tests${suffix}`, async () => {
    const tokenizer = await loadTokenizer(bertBase);
    expect([tokenizer.vocabSize, tokenizer.padTokenId]).toEqual([30522, 0]);
    expect(idsOf(tokenizer, 'Hello, my dog is cute')).toEqual([
      101, 7592, 1010, 2026, 3899, 2003, 10140, 102,
    ]);
    // "a , naive [MASK] allen ##nl ##p sentence ."
    expect(idsOf(tokenizer, 'A, naïve [MASK] AllenNLP sentence.')).toEqual([
      101, 1037, 1010, 15743, 103, 5297, 20554, 2361, 6251, 1012, 102,
    ]);
  });
});
