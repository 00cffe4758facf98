/** The class that a configuration's `model_type` asks for. */
import type { Parameter } from '@ggm-peft/adapters';

import { BertForSequenceClassification } from './bert/model.js';
import type { EncoderConfig } from './config/encoder-config.js';
import { DistilBertForSequenceClassification } from './distilbert/model.js';
import { RobertaForSequenceClassification } from './roberta/model.js';
import type { Pooling } from './transformer/pooling.js';
import type { EncoderForSequenceClassification } from './transformer/sequence-classifier.js';

/** @param parameters every tensor of `modelWeights`; the model owns the variables */
export function sequenceClassifierOf(
  config: EncoderConfig,
  parameters: readonly Parameter[],
  pooling: Pooling,
): EncoderForSequenceClassification {
  switch (config.modelType) {
    case 'roberta':
    case 'xlm-roberta':
      return new RobertaForSequenceClassification(config, parameters, pooling);
    case 'bert':
      return new BertForSequenceClassification(config, parameters, pooling);
    case 'distilbert':
      return new DistilBertForSequenceClassification(config, parameters, pooling);
  }
}
