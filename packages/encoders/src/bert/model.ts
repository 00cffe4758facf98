/**
 * BERT for sequence classification and regression: the pre-trained pooler (dense → tanh) on the first token's last hidden
 * state, then dropout → classifier.
 */
import { EncoderForSequenceClassification } from '../transformer/sequence-classifier.js';
import type { BertConfig } from './config.js';

export class BertForSequenceClassification extends EncoderForSequenceClassification<BertConfig> {}
