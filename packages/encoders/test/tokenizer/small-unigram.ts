/** A Unigram tokenizer small enough to check by hand, with a table of characters written here. */

/** Piece and score, by id; the first four are XLM-R's special tokens. */
export const pieces: readonly (readonly [string, number])[] = [
  ['<s>', 0],
  ['<pad>', 0],
  ['</s>', 0],
  ['<unk>', 0],
  ['▁', -6],
  ['▁low', -3],
  ['▁lo', -4],
  ['w', -5],
  ['wer', -2.5],
  ['er', -3],
  ['e', -5],
  ['r', -5],
  ['▁é', -4],
  ['fi', -4],
  ['A', -4],
];

export const maskId = pieces.length;

/**
 * `precompiled_charsmap` of some replacements: a trie as a double array, one block of 256 units for each of its nodes, then the
 * replacements.
 * @param far whether distances are written in steps of 256
 */
export function charsmapOf(replacements: Readonly<Record<string, string>>, far: boolean): string {
  const texts = Buffer.concat(Object.values(replacements).map((text) => Buffer.from(`${text}\0`)));
  const offsets = Object.values(replacements).map((_, i, all) =>
    all.slice(0, i).reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0),
  );
  const units = new Map<number, number>();
  let blocks = 1;
  const place = (position: number, label: number, keys: readonly (readonly [Buffer, number])[]): void => {
    const base = 256 * blocks++ + (far ? position & 255 : 0);
    const distance = position ^ base;
    const ended = keys.find(([key]) => key.length === 0);
    const flags = (far ? 0x200 : 0) | (ended === undefined ? 0 : 0x100) | label;
    units.set(position, (((far ? distance >>> 8 : distance) << 10) | flags) >>> 0);
    if (ended !== undefined) units.set(base, (ended[1] | 0x80000000) >>> 0);
    for (const byte of new Set(keys.flatMap(([key]) => (key.length === 0 ? [] : [key[0] ?? 0])))) {
      const below = keys.filter(([key]) => key[0] === byte);
      place(
        base ^ byte,
        byte,
        below.map(([key, offset]) => [key.subarray(1), offset] as const),
      );
    }
  };
  place(
    0,
    0,
    Object.keys(replacements).map((key, i) => [Buffer.from(key), offsets[i] ?? 0] as const),
  );
  const trie = Buffer.alloc(256 * 4 * blocks);
  for (const [position, unit] of units) trie.writeUInt32LE(unit, 4 * position);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(trie.length);
  return Buffer.concat([length, trie, texts]).toString('base64');
}

/** As nmt_nfkc has them: white space, widths, ligatures, accents composed; a zero-width space vanishes. */
export const replacements: Readonly<Record<string, string>> = {
  '\t': ' ',
  '\u00a0': ' ',
  '\u200b': '',
  '\uff21': 'A',
  '\ufb01': 'fi',
  'e\u0301': 'é',
};

export function unigramJson(change: object = {}): string {
  return JSON.stringify({
    version: '1.0',
    added_tokens: ['<s>', '<pad>', '</s>', '<unk>', '<mask>'].map((content, id) => ({
      id: content === '<mask>' ? maskId : id,
      content,
      special: true,
      lstrip: content === '<mask>',
      rstrip: false,
      single_word: false,
      normalized: false,
    })),
    normalizer: { type: 'Precompiled', precompiled_charsmap: charsmapOf(replacements, false) },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'WhitespaceSplit' },
        { type: 'Metaspace', replacement: '▁', str_rep: '▁', add_prefix_space: true },
      ],
    },
    post_processor: null,
    decoder: { type: 'Metaspace', replacement: '▁', add_prefix_space: true },
    model: { type: 'Unigram', unk_id: 3, vocab: pieces },
    ...change,
  });
}
