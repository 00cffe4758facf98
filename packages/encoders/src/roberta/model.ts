/**
 * RoBERTa for sequence classification and regression: a head of dropout → dense → tanh → dropout → out_proj on the first
 * token's last hidden state. DistilRoBERTa and XLM-R are of the same architecture.
 */
import { EncoderForSequenceClassification } from '../transformer/sequence-classifier.js';
import type { RobertaConfig } from './config.js';

export class RobertaForSequenceClassification extends EncoderForSequenceClassification<RobertaConfig> {}
