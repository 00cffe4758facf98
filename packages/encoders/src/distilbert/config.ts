/** DistilBERT's configuration, from a Hugging Face `config.json`, which has names of its own for what BERT has too. */
import { configValues, modelTypeOf, requireWholeHeads } from '../config/config-values.js';
import type { Json } from '../config/config-values.js';
import type { TransformerConfig } from '../config/transformer-config.js';

export interface DistilBertConfig extends TransformerConfig {
  readonly modelType: 'distilbert';
}

/** Not configurable there: Hugging Face's code has it as a constant. */
const layerNormEps = 1e-12;

/**
 * Checks and translates a parsed `config.json`; absent values get the defaults of Hugging Face's `DistilBertConfig`.
 * @param source what to name in error messages
 */
export function parseDistilBertConfig(json: Json, source = 'config'): DistilBertConfig {
  const modelType = modelTypeOf(json, ['distilbert'], source);
  const values = configValues(json, source);
  values.requireOnly('sinusoidal_pos_embds', false);
  const hiddenSize = values.count('dim', 768);
  const numAttentionHeads = values.count('n_heads', 12);
  requireWholeHeads(source, ['dim', hiddenSize], ['n_heads', numAttentionHeads]);
  return {
    modelType,
    vocabSize: values.count('vocab_size', null),
    hiddenSize,
    numHiddenLayers: values.count('n_layers', 6),
    numAttentionHeads,
    intermediateSize: values.count('hidden_dim', 3072),
    maxPositionEmbeddings: values.count('max_position_embeddings', 512, 3),
    typeVocabSize: 0,
    layerNormEps,
    hiddenAct: values.activation('activation'),
    hiddenDropoutProb: values.real('dropout', 0.1, 0, 1),
    attentionProbsDropoutProb: values.real('attention_dropout', 0.1, 0, 1),
    classifierDropout: values.real('seq_classif_dropout', 0.2, 0, 1),
    padTokenId: values.count('pad_token_id', 0, 0),
    initializerRange: values.real('initializer_range', 0.02, 0, 10),
  };
}
