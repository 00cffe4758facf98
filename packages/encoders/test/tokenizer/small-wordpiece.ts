/** The WordPiece vocabulary of Hugging Face's own tests of BertTokenizer, and a few words more. */
export const tokens: readonly string[] = [
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[PAD]',
  '[MASK]',
  'want',
  '##want',
  '##ed',
  'wa',
  'un',
  'runn',
  '##ing',
  ',',
  'low',
  'lowest',
  ...[
    'ah',
    'zz',
    '博',
    '推',
    '𠀀',
    'hello',
    'hällo',
    'hallo',
    'ℝ',
    '!',
    'how',
    'are',
    'you',
    '?',
    "'",
    '$',
    '—',
    'x',
    '##x',
  ],
];

/** With pieces that only text with capitals gives. */
export const casedTokens: readonly string[] = [...tokens, 'HeLLo', 'HäLLo', 'HaLLo', 'Are', 'yoU'];

export const vocabTxt = (list: readonly string[]): string => list.map((token) => `${token}\n`).join('');

/** The same tokenizer as a `tokenizer.json`, changed as the test likes. */
export function wordPieceJson(list: readonly string[], normalizer: object = {}, change: object = {}): string {
  const vocab = Object.fromEntries(list.map((token, id) => [token, id]));
  return JSON.stringify({
    version: '1.0',
    added_tokens: ['[UNK]', '[CLS]', '[SEP]', '[PAD]', '[MASK]'].map((content) => ({
      id: vocab[content],
      content,
      special: true,
      lstrip: false,
      rstrip: false,
      single_word: false,
      normalized: false,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
      ...normalizer,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', vocab },
    ...change,
  });
}
