/** What a BERT-shaped encoder is configured by, and how BERT and RoBERTa write it in `config.json`. */
import { configValues, requireWholeHeads } from './config-values.js';
import type { Activation, Json } from './config-values.js';

/** What the models' code reads of `config.json`; names as in BERT's, in camel case. */
export interface TransformerConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly intermediateSize: number;
  /** Rows of the position table; RoBERTa's first padTokenId + 1 are never used by text. */
  readonly maxPositionEmbeddings: number;
  /** Rows of the token type table; 0 for an architecture without token types. */
  readonly typeVocabSize: number;
  readonly layerNormEps: number;
  readonly hiddenAct: Activation;
  readonly hiddenDropoutProb: number;
  readonly attentionProbsDropoutProb: number;
  /** Dropout of what the head reads; `hiddenDropoutProb` when the file has null (DistilBERT: 0.2). */
  readonly classifierDropout: number;
  readonly padTokenId: number;
  /** Standard deviation of a new head's weights. */
  readonly initializerRange: number;
}

/**
 * Reads BERT's keys, which RoBERTa's files have too. Absent values get the defaults of Hugging Face's `BertConfig`, from
 * which its `RobertaConfig` inherits.
 * @param padTokenId the architecture's own default
 */
export function parseBertKeys(json: Json, source: string, padTokenId: number): TransformerConfig {
  const values = configValues(json, source);
  values.requireOnly('position_embedding_type', 'absolute');
  const hiddenSize = values.count('hidden_size', null);
  const numAttentionHeads = values.count('num_attention_heads', null);
  requireWholeHeads(source, ['hidden_size', hiddenSize], ['num_attention_heads', numAttentionHeads]);
  const hiddenDropoutProb = values.real('hidden_dropout_prob', 0.1, 0, 1);
  return {
    vocabSize: values.count('vocab_size', null),
    hiddenSize,
    numHiddenLayers: values.count('num_hidden_layers', null),
    numAttentionHeads,
    intermediateSize: values.count('intermediate_size', null),
    maxPositionEmbeddings: values.count('max_position_embeddings', null, 3),
    typeVocabSize: values.count('type_vocab_size', 2),
    layerNormEps: values.real('layer_norm_eps', 1e-12, 0, 1),
    hiddenAct: values.activation('hidden_act'),
    hiddenDropoutProb,
    attentionProbsDropoutProb: values.real('attention_probs_dropout_prob', 0.1, 0, 1),
    classifierDropout: values.real('classifier_dropout', hiddenDropoutProb, 0, 1),
    padTokenId: values.count('pad_token_id', padTokenId, 0),
    initializerRange: values.real('initializer_range', 0.02, 0, 10),
  };
}
