/** `config.json` of a Hugging Face model folder, as JSON. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Json } from './config-values.js';

/**
 * Reads `config.json` of a model folder and has it checked.
 * @param parse checks and translates; given the file's path for its messages
 * @throws when the file is missing or holds no JSON object, and what `parse` throws
 */
export async function readConfig<C>(folder: string, parse: (json: Json, source: string) => C): Promise<C> {
  const path = join(folder, 'config.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new Error(
      `${path}: no such file; a model folder holds config.json, model.safetensors and a tokenizer`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${path}: not valid JSON: ${reason}`, { cause: error });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`${path}: must hold a JSON object`);
  }
  return parse({ ...json }, path);
}
