/** A RoBERTa of one layer and random weights in a folder, for tests of the program that must be quick on every engine. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRoberta, readRobertaConfig } from '@ggm-peft/encoders';
import { writeSafetensors } from '@ggm-peft/safetensors';

import { embeddedModel } from '../src/embedded.js';

/** @param seed of the weights */
export async function writeTinyModel(folder: string, seed = 0): Promise<void> {
  await mkdir(folder);
  const config: unknown = JSON.parse(await readFile(join(embeddedModel, 'config.json'), 'utf8'));
  if (typeof config !== 'object') throw new Error('config.json must be an object');
  const tiny = { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16 };
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, ...tiny }));
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json']) {
    await copyFile(join(embeddedModel, name), join(folder, name));
  }
  const model = createRoberta(await readRobertaConfig(folder), { outputs: 2, seed });
  const tensors = await Promise.all(
    model.parameters
      .filter(({ role }) => role === 'encoder')
      .map(async ({ name, variable }) => {
        const data = await variable.data<'float32'>();
        return [name, { dtype: 'F32', shape: variable.shape, data }] as const;
      }),
  );
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  model.dispose();
}
