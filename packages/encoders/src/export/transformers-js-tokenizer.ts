/**
 * `tokenizer_config.json` as transformers.js needs it. It reads that file and `tokenizer.json` alone, and knows no tokenizer
 * classes: the special tokens that Python finds in `special_tokens_map.json`, or in the class, must be written out, and so
 * must the longest sequence, beyond which a model's position table ends.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { EncoderConfig, ModelType } from '../config/encoder-config.js';
import { longestSequence } from '../inputs.js';
import { readObjectIfThere } from './model-files.js';

const robertaTokens = {
  bos_token: '<s>',
  eos_token: '</s>',
  unk_token: '<unk>',
  sep_token: '</s>',
  pad_token: '<pad>',
  cls_token: '<s>',
  mask_token: '<mask>',
};
const bertTokens = {
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
};

/** What the tokenizer classes of `transformers` take where no file says otherwise. */
const classTokens: Readonly<Record<ModelType, Readonly<Record<string, string>>>> = {
  roberta: robertaTokens,
  'xlm-roberta': robertaTokens,
  bert: bertTokens,
  distilbert: bertTokens,
};

/**
 * Writes `tokenizer_config.json` into the folder: the base model's own, completed.
 * @param base the base model's folder, which may have none
 */
export async function completeTokenizerConfig(
  folder: string,
  base: string,
  config: EncoderConfig,
): Promise<void> {
  const name = 'tokenizer_config.json';
  const own = (await readObjectIfThere(join(base, name))) ?? {};
  const longest = own['model_max_length'];
  const room = longestSequence(config);
  const completed = {
    ...classTokens[config.modelType],
    ...(await readObjectIfThere(join(base, 'special_tokens_map.json'))),
    ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== null)),
    model_max_length: typeof longest === 'number' ? Math.min(longest, room) : room,
  };
  await writeFile(join(folder, name), `${JSON.stringify(completed, null, 2)}\n`);
}
