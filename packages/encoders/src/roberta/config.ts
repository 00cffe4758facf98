/** The configuration of RoBERTa and its relatives (DistilRoBERTa, XLM-R), read from a Hugging Face `config.json`. */
import { modelTypeOf } from '../config/config-values.js';
import type { Json } from '../config/config-values.js';
import { readConfig } from '../config/read-config.js';
import { parseBertKeys } from '../config/transformer-config.js';
import type { TransformerConfig } from '../config/transformer-config.js';

/** DistilRoBERTa calls itself `roberta`; XLM-R is a RoBERTa with another tokenizer. */
export const robertaTypes = ['roberta', 'xlm-roberta'] as const;

export interface RobertaConfig extends TransformerConfig {
  readonly modelType: (typeof robertaTypes)[number];
}

/**
 * Reads `config.json` of a model folder.
 * @throws when the file is missing, no JSON, not a RoBERTa, or a value has the wrong type or range
 */
export async function readRobertaConfig(folder: string): Promise<RobertaConfig> {
  return readConfig(folder, parseRobertaConfig);
}

/**
 * Checks and translates a parsed `config.json`; absent values get the defaults of Hugging Face's `RobertaConfig`.
 * @param source what to name in error messages
 */
export function parseRobertaConfig(json: Json, source = 'config'): RobertaConfig {
  return { modelType: modelTypeOf(json, robertaTypes, source), ...parseBertKeys(json, source, 1) };
}
