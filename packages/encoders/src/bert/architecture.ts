/** BERT's own (Devlin et al. 2018, arXiv 1810.04805), as Hugging Face's `BertForSequenceClassification` has it. */
import { bertLayerNames } from '../transformer/architecture.js';
import type { Architecture } from '../transformer/architecture.js';

export const bertArchitecture: Architecture = {
  prefix: 'bert',
  layers: 'encoder.layer',
  layer: bertLayerNames,
  positions: 'from-zero',
  tokenTypes: 'given',
  dropsAttentionOutput: true,
  head: {
    dense: 'bert.pooler.dense',
    denseRole: 'encoder',
    activation: 'tanh',
    dropsInput: false,
    output: 'classifier',
  },
};
