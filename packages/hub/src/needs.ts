/** Which files of a repository are wanted, said before it is known which ones it has. */

export interface FileNeeds {
  /** Every file that is taken if the repository has it; paths from its root, with `/`. */
  readonly candidates: readonly string[];
  /** What is lacking when these of the candidates are there, in words; empty if nothing is. */
  lacking(available: ReadonlySet<string>): readonly string[];
  /** What to do about it, given all files beside the candidates in the repository; '' if there is no advice. */
  advice(present: ReadonlySet<string>): string;
}

const weights = 'model.safetensors';

/** Files of a model that hold its weights in a form that is not read here. */
const otherWeights = [
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'tf_model.h5',
  'flax_model.msgpack',
];

/**
 * What an encoder is loaded from: configuration, weights, tokenizer. Of the tokenizer's files, all small, every one is
 * taken; `tokenizer.json`, a byte-pair vocabulary or a WordPiece one makes a tokenizer.
 */
export const modelNeeds: FileNeeds = {
  candidates: [
    'config.json',
    weights,
    'tokenizer.json',
    'tokenizer_config.json',
    'special_tokens_map.json',
    'added_tokens.json',
    'vocab.json',
    'merges.txt',
    'vocab.txt',
  ],
  lacking: (available) => {
    const has = (...names: readonly string[]): boolean => names.every((name) => available.has(name));
    const tokenizer = has('tokenizer.json') || has('vocab.json', 'merges.txt') || has('vocab.txt');
    return [
      ...['config.json', weights].filter((name) => !has(name)),
      ...(tokenizer ? [] : ['a tokenizer (tokenizer.json, vocab.json with merges.txt, or vocab.txt)']),
    ];
  },
  advice: (present) => {
    const found = otherWeights.filter((name) => present.has(name));
    if (present.has(weights) || found.length === 0) return '';
    return (
      `its weights are in ${found.join(', ')}, which is not read here: in Python, ` +
      "from_pretrained(...).save_pretrained('folder', safe_serialization=True, max_shard_size='100GB') writes a folder " +
      `with ${weights}; save the tokenizer to it too, and give that folder`
    );
  },
};

/** Exactly these files. */
export function theseFiles(paths: readonly string[]): FileNeeds {
  return {
    candidates: paths,
    lacking: (available) => paths.filter((path) => !available.has(path)),
    advice: (present) => (present.size === 0 ? '' : `it has ${[...present].join(', ')}`),
  };
}
