/** BERT's configuration, from a Hugging Face `config.json`. */
import { modelTypeOf } from '../config/config-values.js';
import type { Json } from '../config/config-values.js';
import { parseBertKeys } from '../config/transformer-config.js';
import type { TransformerConfig } from '../config/transformer-config.js';

export interface BertConfig extends TransformerConfig {
  readonly modelType: 'bert';
}

/**
 * Checks and translates a parsed `config.json`; absent values get the defaults of Hugging Face's `BertConfig`.
 * @param source what to name in error messages
 */
export function parseBertConfig(json: Json, source = 'config'): BertConfig {
  return { modelType: modelTypeOf(json, ['bert'], source), ...parseBertKeys(json, source, 0) };
}
