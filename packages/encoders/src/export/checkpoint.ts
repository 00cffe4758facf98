/**
 * A fine-tuned model as a Hugging Face checkpoint, adapters merged: `config.json`, `model.safetensors` and the tokenizer in
 * one folder, which `AutoModelForSequenceClassification.from_pretrained` and `loadEncoder(…, { head: 'checkpoint' })` read.
 */
import { join } from 'node:path';
import { mergedParameters, writeNewFolder } from '@ggm-peft/adapters';
import { writeSafetensors } from '@ggm-peft/safetensors';

import type { EncoderForSequenceClassification } from '../transformer/sequence-classifier.js';
import { copyTokenizer, requireLabels, writeConfig } from './model-files.js';
import type { ExportOptions } from './model-files.js';

/**
 * Writes the folder, which must not exist yet or be empty; it appears whole or not at all. The model is left as it is.
 *
 * The merged weights are float32: logits of the loaded model differ from the model's by rounding.
 * @returns the names of the files written
 * @throws when the labels do not fit the head, the model pools as no Hugging Face class does, the base model's `config.json` cannot be read, or the folder cannot be made
 */
export async function exportCheckpoint(
  folder: string,
  model: EncoderForSequenceClassification,
  options: ExportOptions,
): Promise<readonly string[]> {
  requireLabels('exportCheckpoint', model, options.labels);
  if (model.pooling !== 'first') {
    throw new Error(
      `exportCheckpoint: the model must pool the first token, as Hugging Face's class does; this one pools the ` +
        `${model.pooling}: export it with exportOnnx`,
    );
  }
  return writeNewFolder(folder, async (draft) => {
    await writeConfig(draft, model.config, options);
    const tokenizer = await copyTokenizer(options.base, draft);
    const weights = [...(await mergedParameters(model))].map(
      ([name, { shape, data }]) => [name, { dtype: 'F32', shape, data }] as const,
    );
    // transformers refuses a file that does not say which framework's layout it has.
    await writeSafetensors(join(draft, 'model.safetensors'), weights, [['format', 'pt']]);
    return ['config.json', 'model.safetensors', ...tokenizer];
  });
}
