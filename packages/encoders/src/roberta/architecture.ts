/** RoBERTa's own (Liu et al. 2019, arXiv 1907.11692), as Hugging Face's `RobertaForSequenceClassification` has it. */
import { bertLayerNames } from '../transformer/architecture.js';
import type { Architecture } from '../transformer/architecture.js';

export const robertaArchitecture: Architecture = {
  prefix: 'roberta',
  layers: 'encoder.layer',
  layer: bertLayerNames,
  positions: 'after-padding',
  tokenTypes: 'first',
  dropsAttentionOutput: true,
  head: {
    dense: 'classifier.dense',
    denseRole: 'head',
    activation: 'tanh',
    dropsInput: true,
    output: 'classifier.out_proj',
  },
};
