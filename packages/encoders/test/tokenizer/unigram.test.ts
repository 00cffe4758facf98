/** XLM-R's tokenizer on pieces whose best cuts can be worked out by hand, in both forms of its file. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadTokenizer } from '../../src/index.js';
import type { TextTokenizer } from '../../src/index.js';
import { charsmapNormalizer } from '../../src/tokenizer/charsmap.js';
import { tokenizerFolders } from './folders.js';
import { idsOf } from './ids-of.js';
import { charsmapOf, maskId, pieces, replacements, unigramJson } from './small-unigram.js';

const folder = tokenizerFolders();
const names = [...pieces.map(([piece]) => piece), '<mask>'];
const spelt = (ids: readonly number[]): string => ids.map((id) => names[id]).join(' ');

const later = {
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Precompiled', precompiled_charsmap: charsmapOf(replacements, true) },
      { type: 'Strip', strip_left: false, strip_right: true },
      { type: 'Replace', pattern: { Regex: ' {2,}' }, content: '▁' },
    ],
  },
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  model: { unk_id: 3, vocab: pieces },
};

describe.each([
  ['the published form', unigramJson()],
  ['the later form', unigramJson(later)],
])('%s', (_, json) => {
  let tokenizer: TextTokenizer;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(await folder({ 'tokenizer.json': json }));
  });

  it.each([
    // ▁low + er = -6, ▁lo + wer = -6.5.
    ['lower', '▁low er'],
    // ▁low + w + er = -11; ▁low + wer = -5.5.
    ['lowwer', '▁low wer'],
    ['lowe', '▁low e'],
    ['low low', '▁low ▁low'],
    ['  low \t\u00a0 low ', '▁low ▁low'],
    // What no piece covers is unknown, a run of it once, and words apart are apart.
    ['lowxyz', '▁low <unk>'],
    ['xy', '▁ <unk>'],
    ['x y', '▁ <unk> ▁ <unk>'],
    // Characters are normalised before words are cut.
    ['lo\u200bw', '▁low'],
    ['\uff21', '▁ A'],
    ['\ufb01', '▁ fi'],
    ['e\u0301', '▁é'],
    ['é', '▁é'],
    // Special tokens in the text are themselves; the word after one begins anew.
    ['low <mask>er</s>', '▁low <mask> ▁ er </s>'],
    ['', ''],
    [' \u200b', ''],
  ])('%j is %s', (text, expected) => {
    expect(spelt(idsOf(tokenizer, text))).toBe(`<s> ${expected} </s>`.replace('  ', ' '));
  });

  it('joins a pair with two separators, of one type', () => {
    const { ids, typeIds } = tokenizer.encode('low', 'lower');
    expect(spelt(ids)).toBe('<s> ▁low </s> </s> ▁low er </s>');
    expect(typeIds).toEqual(ids.map(() => 0));
  });

  it('knows its size and its special tokens', () => {
    expect(tokenizer.vocabSize).toBe(maskId + 1);
    expect(tokenizer.specialTokens).toEqual({ bos: 0, pad: 1, eos: 2, unk: 3 });
  });
});

describe('charsmapNormalizer', () => {
  const normalise = (map: Readonly<Record<string, string>>): ((text: string) => string) =>
    charsmapNormalizer(charsmapOf(map, false), 'file');

  it('takes the shortest match, graphemes before their characters, as Hugging Face does', () => {
    const rules = { é: 'E', 'e\u0301': 'composed', 'a\u0301': 'never', a: 'short' };
    expect(normalise(rules)('xe\u0301é')).toBe('xcomposedE');
    // "a" ends the search at its first byte, for the grapheme too.
    expect(normalise(rules)('a\u0301!')).toBe('short!');
  });

  it('looks long graphemes up character by character', () => {
    // "e" and two marks are 5 bytes, looked up whole; with a third mark they are 7.
    const rules = { 'e\u0301\u0302': 'two', '\u0303': 'tilde' };
    expect(normalise(rules)('e\u0301\u0302')).toBe('two');
    expect(normalise(rules)('e\u0301\u0302\u0303')).toBe('e\u0301\u0302tilde');
  });

  it('leaves alone what it does not know', () => {
    const text = 'low \u0000 𠀀 \u{1f600} é';
    expect(normalise({ q: 'k' })(text)).toBe(text);
  });
});

describe('files that are refused', () => {
  it.each<[what: string, change: object, message: string]>([
    [
      'a vocabulary that is none',
      { model: { type: 'Unigram', vocab: {} } },
      ': expected model.vocab to be a list',
    ],
    [
      'an unknown piece that is none',
      { model: { type: 'Unigram', vocab: pieces, unk_id: pieces.length } },
      ': expected model.unk_id to be the id of a piece, 0..14; got 15',
    ],
    [
      'a piece without a score',
      { model: { type: 'Unigram', vocab: [...pieces, ['a']], unk_id: 3 } },
      ': model.vocab[15]: expected a piece and its score; got ["a"]',
    ],
    [
      'bytes for unknown characters',
      { model: { type: 'Unigram', vocab: pieces, unk_id: 3, byte_fallback: true } },
      ': expected no byte_fallback in the model, as in XLM-R; got true',
    ],
    [
      'another pre-tokenizer',
      { pre_tokenizer: { type: 'ByteLevel' } },
      ': expected a pre_tokenizer of type "Metaspace"',
    ],
    [
      'words that are not marked',
      { pre_tokenizer: { type: 'Metaspace', add_prefix_space: false } },
      ': expected a pre_tokenizer of type "Metaspace" that marks every word',
    ],
    [
      'another normalizer',
      { normalizer: { type: 'Sequence', normalizers: [{ type: 'Lowercase' }] } },
      ': expected a normalizer of type "Precompiled", as XLM-R has; got {"type":"Lowercase"}',
    ],
    [
      'half a table of characters',
      { normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAQAAAA=' } },
      ': expected precompiled_charsmap to hold a trie of whole units and its replacements; ' +
        'got 5 bytes, of which the trie should take 1024',
    ],
  ])('%s', async (_, change, message) => {
    const directory = await folder({ 'tokenizer.json': unigramJson(change) });
    await expect(loadTokenizer(directory)).rejects.toThrow(join(directory, 'tokenizer.json') + message);
  });
});
