/** The configuration of any encoder here, told apart by its `model_type`. */
import { parseBertConfig } from '../bert/config.js';
import type { BertConfig } from '../bert/config.js';
import { parseDistilBertConfig } from '../distilbert/config.js';
import type { DistilBertConfig } from '../distilbert/config.js';
import { parseRobertaConfig, robertaTypes } from '../roberta/config.js';
import type { RobertaConfig } from '../roberta/config.js';
import { modelTypeOf } from './config-values.js';
import type { Json } from './config-values.js';
import { readConfig } from './read-config.js';

export type EncoderConfig = RobertaConfig | BertConfig | DistilBertConfig;

/** The values of `model_type` that are understood. */
export const modelTypes = [...robertaTypes, 'bert', 'distilbert'] as const;
export type ModelType = (typeof modelTypes)[number];

/**
 * Reads `config.json` of a model folder.
 * @throws when the file is missing, no JSON, of no known `model_type`, or a value has the wrong type or range
 */
export async function readEncoderConfig(folder: string): Promise<EncoderConfig> {
  return readConfig(folder, parseEncoderConfig);
}

/**
 * Checks and translates a parsed `config.json`; absent values get Hugging Face's defaults for its `model_type`.
 * @param source what to name in error messages
 */
export function parseEncoderConfig(json: Json, source = 'config'): EncoderConfig {
  switch (modelTypeOf(json, modelTypes, source)) {
    case 'roberta':
    case 'xlm-roberta':
      return parseRobertaConfig(json, source);
    case 'bert':
      return parseBertConfig(json, source);
    case 'distilbert':
      return parseDistilBertConfig(json, source);
  }
}
