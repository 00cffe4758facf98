/** A byte-level BPE tokenizer small enough to read: a handful of letters, seven merges, RoBERTa's special tokens. */

/** "Ġ" is how byte-level BPE spells a space. */
export const merges: readonly [string, string][] = [
  ['l', 'o'],
  ['lo', 'w'],
  ['Ġ', 'low'],
  ['e', 'r'],
  ['low', 'er'],
  ['Ġ', 'Ġ'],
  ['n', 'e'],
];

const tokens = [
  '<s>',
  '<pad>',
  '</s>',
  '<unk>',
  ...Array.from("lowernsdtivm'.,!0Ġ"),
  ...merges.map((pair) => pair.join('')),
  '<mask>',
];

/** Token to id; a letter that occurs twice above keeps its first id. */
export const vocab: Readonly<Record<string, number>> = Object.fromEntries(
  [...new Set(tokens)].map((token, id) => [token, id]),
);

const special = (content: string): object => ({
  id: vocab[content],
  content,
  special: true,
  lstrip: content === '<mask>',
  rstrip: false,
  single_word: false,
  normalized: true,
});

/** The same tokenizer as a `tokenizer.json`, changed as the test likes. */
export function tokenizerJson(change: object = {}): string {
  return JSON.stringify({
    version: '1.0',
    added_tokens: ['<s>', '<pad>', '</s>', '<unk>', '<mask>'].map(special),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
    post_processor: { type: 'RobertaProcessing', sep: ['</s>', 2], cls: ['<s>', 0] },
    decoder: { type: 'ByteLevel' },
    model: { vocab, merges },
    ...change,
  });
}

/** The same tokenizer as the older pair of files. */
export const vocabJson = JSON.stringify(vocab);
export const mergesTxt = `#version: 0.2\n${merges.map((pair) => pair.join(' ')).join('\n')}\n`;
