/** The tokenizer on a vocabulary that can be checked by hand, in every form in which it may be stored. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadTokenizer } from '../../src/tokenizer/tokenizer.js';
import type { TextTokenizer } from '../../src/tokenizer/tokenizer.js';
import { tokenizerFolders } from './folders.js';
import { idsOf } from './ids-of.js';
import { merges, mergesTxt, tokenizerJson, vocab, vocabJson } from './small-tokenizer.js';

const folder = tokenizerFolders();

const forms: [name: string, files: Readonly<Record<string, string>>][] = [
  ['tokenizer.json', { 'tokenizer.json': tokenizerJson() }],
  [
    'tokenizer.json of an older version',
    { 'tokenizer.json': tokenizerJson({ model: { vocab, merges: merges.map((pair) => pair.join(' ')) } }) },
  ],
  [
    'tokenizer.json that names its model',
    {
      'tokenizer.json': tokenizerJson({
        model: { type: 'BPE', dropout: null, unk_token: null, vocab, merges },
      }),
    },
  ],
  ['vocab.json and merges.txt', { 'vocab.json': vocabJson, 'merges.txt': mergesTxt }],
  [
    'vocab.json and merges.txt with CRLF and no version line',
    { 'vocab.json': vocabJson, 'merges.txt': mergesTxt.replace(/^#.*\n/, '').replaceAll('\n', '\r\n') },
  ],
];

describe.each(forms)('from %s', (_, files) => {
  let tokenizer: TextTokenizer;
  let names: ReadonlyMap<number, string>;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(await folder(files));
    names = new Map(Object.entries(vocab).map(([token, id]) => [id, token]));
  });
  const spelt = (ids: readonly number[]): string => ids.map((id) => names.get(id)).join('|');

  it.each([
    ['low', '<s>|low|</s>'],
    ['lower low', '<s>|lower|Ġlow|</s>'],
    ['slow', '<s>|s|low|</s>'],
    ['wol', '<s>|w|o|l|</s>'],
    ["low's low'lower", "<s>|low|'|s|Ġlow|'|lower|</s>"],
    ['low,low!!', '<s>|low|,|low|!|!|</s>'],
    ['low0low', '<s>|low|0|low|</s>'],
    // The better merge wins: Ġ low comes before low er.
    ['low lower', '<s>|low|Ġlow|er|</s>'],
    // Of several spaces the last belongs to the word, the others are a word of their own.
    ['low  low', '<s>|low|Ġ|Ġlow|</s>'],
    ['low   low', '<s>|low|ĠĠ|Ġlow|</s>'],
    ['low ', '<s>|low|Ġ|</s>'],
    [' low', '<s>|Ġlow|</s>'],
    // Each byte that the vocabulary lacks is unknown.
    ['loß', '<s>|lo|<unk>|<unk>|</s>'],
    // Special tokens in the text are themselves; <mask> takes the space before it.
    ['low <mask> low</s>', '<s>|low|<mask>|Ġlow|</s>|</s>'],
    ['', '<s>|</s>'],
    ['  ', '<s>|</s>'],
    ['\n\u0085\u001c\u3000', '<s>|</s>'],
  ])('%j is %s', (text, expected) => {
    expect(spelt(idsOf(tokenizer, text))).toBe(expected);
  });

  it('joins a pair with two separators', () => {
    expect(spelt(idsOf(tokenizer, 'low', 'lower'))).toBe('<s>|low|</s>|</s>|lower|</s>');
    expect(spelt(idsOf(tokenizer, '', 'low'))).toBe('<s>|</s>|</s>|low|</s>');
    expect(spelt(idsOf(tokenizer, 'low', ''))).toBe('<s>|low|</s>|</s>|</s>');
  });

  it('knows its size and its special tokens', () => {
    expect(tokenizer.vocabSize).toBe(Object.keys(vocab).length);
    expect(tokenizer.specialTokens).toEqual({ bos: 0, pad: 1, eos: 2, unk: 3 });
    expect(tokenizer.padTokenId).toBe(1);
  });
});

describe('white space', () => {
  it('is Unicode’s: U+0085 parts from a space before it, U+FEFF does not', async () => {
    // Bytes of U+0085 are Â ħ, those of U+FEFF ï » ¿; a merge with the space shows whether they are one word.
    const extra = { Â: 100, ħ: 101, ï: 102, '»': 103, '¿': 104, Ġï: 105, ĠÂ: 106 };
    const model = {
      vocab: { ...vocab, ...extra },
      merges: [
        ['Ġ', 'ï'],
        ['Ġ', 'Â'],
      ],
    };
    const tokenizer = await loadTokenizer(await folder({ 'tokenizer.json': tokenizerJson({ model }) }));
    const space = vocab['Ġ'];
    expect(idsOf(tokenizer, 'l \uFEFF').slice(2, -1)).toEqual([105, 103, 104]);
    // A run of two before a letter: its last character is left to the word, which takes a space only.
    expect(idsOf(tokenizer, 'l\u0085 l').slice(2, -2)).toEqual([100, 101, space]);
    expect(idsOf(tokenizer, 'l\u0085\u0085!').slice(2, -2)).toEqual([100, 101, 100, 101]);
    expect(idsOf(tokenizer, 'l \u0085!').slice(2, -2)).toEqual([space, 100, 101]);
  });
});

describe('added tokens', () => {
  it('take white space on the sides that the file says, and no more', async () => {
    const ids = (content: string): number => vocab[content] ?? NaN;
    const special = ['<s>', '<pad>', '</s>', '<unk>'].map((content) => ({ id: ids(content), content }));
    const own = [
      { id: 200, content: '[left*]', lstrip: true },
      { id: 201, content: '(right|)', rstrip: true },
      { id: 202, content: '{both}', lstrip: true, rstrip: true },
    ];
    const added_tokens = [...special, ...own];
    const tokenizer = await loadTokenizer(
      await folder({ 'tokenizer.json': tokenizerJson({ added_tokens }) }),
    );
    const [low, spaced, space] = ['low', 'Ġlow', 'Ġ'].map(ids);
    const encode = (text: string): readonly number[] => idsOf(tokenizer, text).slice(1, -1);
    expect(encode('low  [left*] low')).toEqual([low, 200, spaced]);
    expect(encode('low (right|)\u0085 low')).toEqual([low, space, 201, low]);
    expect(encode(' {both} low')).toEqual([202, low]);
    expect(encode('low\uFEFF{both}')).toEqual([low, 3, 3, 3, 202]);
    expect(tokenizer.vocabSize).toBe(203);
  });
});

describe('a prefix space', () => {
  it('is set before the text when tokenizer.json asks for it', async () => {
    const pre_tokenizer = { type: 'ByteLevel', add_prefix_space: true };
    const tokenizer = await loadTokenizer(
      await folder({ 'tokenizer.json': tokenizerJson({ pre_tokenizer }) }),
    );
    expect(idsOf(tokenizer, 'low')).toEqual([0, vocab['Ġlow'], 2]);
    expect(idsOf(tokenizer, ' low')).toEqual([0, vocab['Ġlow'], 2]);
  });
});

describe('truncation', () => {
  let tokenizer: TextTokenizer;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(await folder({ 'tokenizer.json': tokenizerJson() }));
  });

  it('keeps the start of a single text', () => {
    expect(idsOf(tokenizer, 'wolw', undefined, { maxLength: 5 })).toEqual([
      0,
      vocab['w'],
      vocab['o'],
      vocab['l'],
      2,
    ]);
    expect(idsOf(tokenizer, 'wolw', undefined, { maxLength: 2 })).toEqual([0, 2]);
  });

  it('cuts the longer text, and the second of two equal ones, one token at a time', () => {
    const text = fc.stringMatching(/^[wol]{0,12}$/);
    fc.assert(
      fc.property(text, text, fc.integer({ min: 4, max: 30 }), (a, b, maxLength) => {
        const whole = idsOf(tokenizer, a, b);
        const cut = idsOf(tokenizer, a, b, { maxLength });
        expect(cut).toHaveLength(Math.min(whole.length, maxLength));
        let first = idsOf(tokenizer, a).slice(1, -1);
        let second = idsOf(tokenizer, b).slice(1, -1);
        while (first.length + second.length + 4 > maxLength) {
          if (first.length > second.length) first = first.slice(0, -1);
          else second = second.slice(0, -1);
        }
        expect(cut).toEqual([0, ...first, 2, 2, ...second, 2]);
      }),
    );
  });

  it.each([
    ['a text', undefined, 1, 'at least 2, the special tokens of a text; got 1'],
    ['a pair', 'low', 3, 'at least 4, the special tokens of a pair of texts; got 3'],
    ['a text', undefined, 7.5, 'encode: maxLength must be an integer of at least 2'],
    ['a text', undefined, NaN, 'got NaN'],
  ])('refuses, for %s (second text %s), a maxLength of %d', (_, pair, maxLength, message) => {
    expect(() => idsOf(tokenizer, 'low', pair, { maxLength })).toThrow(message);
  });
});

describe('files that are refused', () => {
  const without = (...gone: string[]): object =>
    Object.fromEntries(Object.entries(vocab).filter(([token]) => !gone.includes(token)));
  const old = (files: object): Readonly<Record<string, string>> => ({
    'vocab.json': vocabJson,
    'merges.txt': mergesTxt,
    ...files,
  });

  it.each<[what: string, files: Readonly<Record<string, string>>, file: string, message: string]>([
    [
      'nothing',
      {},
      'vocab.json',
      ': no such file; a tokenizer is tokenizer.json, or vocab.txt, or vocab.json with merges.txt',
    ],
    ['no merges', { 'vocab.json': vocabJson }, 'merges.txt', ': no such file'],
    ['broken JSON', { 'tokenizer.json': '{' }, 'tokenizer.json', ': not valid JSON'],
    ['broken JSON', old({ 'vocab.json': '{"a":' }), 'vocab.json', ': not valid JSON'],
    ['a list', { 'tokenizer.json': '[]' }, 'tokenizer.json', ': expected a JSON object; got []'],
    [
      'another model',
      { 'tokenizer.json': tokenizerJson({ model: { type: 'WordLevel', vocab } }) },
      'tokenizer.json',
      ': expected a model of type "BPE", "WordPiece" or "Unigram"; got "WordLevel"',
    ],
    [
      'no model',
      { 'tokenizer.json': tokenizerJson({ model: null }) },
      'tokenizer.json',
      ': expected model to be an object; got null',
    ],
    [
      'dropout',
      { 'tokenizer.json': tokenizerJson({ model: { vocab, merges, dropout: 0.1 } }) },
      'tokenizer.json',
      ': expected no dropout in the model, as in RoBERTa; got 0.1',
    ],
    [
      'a normalizer',
      { 'tokenizer.json': tokenizerJson({ normalizer: { type: 'NFC' } }) },
      'tokenizer.json',
      ': expected no normalizer, as in RoBERTa; got {"type":"NFC"}',
    ],
    [
      'another pre-tokenizer',
      { 'tokenizer.json': tokenizerJson({ pre_tokenizer: { type: 'Whitespace' } }) },
      'tokenizer.json',
      ': expected a pre_tokenizer of type "ByteLevel"',
    ],
    [
      'a pre-tokenizer without its pattern',
      { 'tokenizer.json': tokenizerJson({ pre_tokenizer: { type: 'ByteLevel', use_regex: false } }) },
      'tokenizer.json',
      ': expected a pre_tokenizer of type "ByteLevel"',
    ],
    [
      'no added tokens',
      { 'tokenizer.json': tokenizerJson({ added_tokens: undefined }) },
      'tokenizer.json',
      ': expected added_tokens to be a list; got nothing',
    ],
    [
      'an added token without an id',
      { 'tokenizer.json': tokenizerJson({ added_tokens: [{ content: '<s>' }] }) },
      'tokenizer.json',
      ': expected added_tokens[0] to have an id and a content',
    ],
    [
      'an added token that must be a word',
      { 'tokenizer.json': tokenizerJson({ added_tokens: [{ id: 0, content: '<s>', single_word: true }] }) },
      'tokenizer.json',
      ': expected added_tokens[0] to have a text and no single_word',
    ],
    [
      'no special tokens',
      {
        'tokenizer.json': tokenizerJson({
          added_tokens: [],
          model: { vocab: without('<s>', '<pad>'), merges },
        }),
      },
      'tokenizer.json',
      ": expected RoBERTa's special tokens in the vocabulary; it lacks <s>, <pad>",
    ],
    [
      'no special tokens',
      old({ 'vocab.json': JSON.stringify(without('</s>')) }),
      'vocab.json',
      ": expected RoBERTa's special tokens in the vocabulary; it lacks </s>",
    ],
    [
      'a vocabulary that is a list',
      { 'tokenizer.json': tokenizerJson({ model: { vocab: [], merges } }) },
      'tokenizer.json',
      ': model.vocab: expected an object of tokens and their ids; got []',
    ],
    [
      'an id in words',
      old({ 'vocab.json': JSON.stringify({ ...vocab, x: 'y' }) }),
      'vocab.json',
      ': expected token "x" to have a non-negative integer id; got "y"',
    ],
    [
      'a negative id',
      old({ 'vocab.json': JSON.stringify({ ...vocab, x: -1 }) }),
      'vocab.json',
      ': expected token "x" to have a non-negative integer id; got -1',
    ],
    [
      'an id given twice',
      old({ 'vocab.json': JSON.stringify({ ...vocab, x: 0 }) }),
      'vocab.json',
      ': expected distinct ids; tokens "<s>" and "x" both have 0',
    ],
    [
      'a merge of three',
      old({ 'merges.txt': `${mergesTxt}l o w\n` }),
      'merges.txt',
      ' line 9: expected a merge of two tokens; got "l o w"',
    ],
    [
      'half a merge',
      old({ 'merges.txt': `${mergesTxt}l \n` }),
      'merges.txt',
      ' line 9: expected a merge of two tokens; got "l "',
    ],
    [
      'a blank line among the merges',
      old({ 'merges.txt': '#version: 0.2\n\nl o\n' }),
      'merges.txt',
      ' line 2: expected a merge of two tokens; got ""',
    ],
    [
      'a merge of numbers',
      { 'tokenizer.json': tokenizerJson({ model: { vocab, merges: [[1, 2]] } }) },
      'tokenizer.json',
      ': model.merges[0]: expected a merge of two tokens; got [1,2]',
    ],
    [
      'a merge outside the vocabulary',
      old({ 'merges.txt': 'w o\n' }),
      'merges.txt',
      ' line 1: expected its tokens and their join in the vocabulary; it lacks "wo"',
    ],
  ])('%s (%#)', async (_, files, file, message) => {
    const directory = await folder(files);
    await expect(loadTokenizer(directory)).rejects.toThrow(join(directory, file) + message);
  });

  it('a folder in the place of a file', async () => {
    const directory = await folder({});
    await mkdir(join(directory, 'tokenizer.json'));
    await expect(loadTokenizer(directory)).rejects.toThrow(
      `${join(directory, 'tokenizer.json')}: cannot read`,
    );
  });
});
