/** DistilBERT's own (Sanh et al. 2019, arXiv 1910.01108), as Hugging Face's `DistilBertForSequenceClassification` has it. */
import type { Architecture } from '../transformer/architecture.js';

export const distilBertArchitecture: Architecture = {
  prefix: 'distilbert',
  layers: 'transformer.layer',
  layer: {
    query: 'attention.q_lin',
    key: 'attention.k_lin',
    value: 'attention.v_lin',
    attentionOutput: 'attention.out_lin',
    attentionNorm: 'sa_layer_norm',
    intermediate: 'ffn.lin1',
    output: 'ffn.lin2',
    outputNorm: 'output_layer_norm',
  },
  positions: 'from-zero',
  tokenTypes: 'none',
  dropsAttentionOutput: false,
  head: {
    dense: 'pre_classifier',
    denseRole: 'head',
    activation: 'relu',
    dropsInput: false,
    output: 'classifier',
  },
};
