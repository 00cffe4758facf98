/**
 * DistilBERT for sequence classification and regression: a head of pre_classifier → ReLU → dropout → classifier on the first
 * token's last hidden state.
 */
import { EncoderForSequenceClassification } from '../transformer/sequence-classifier.js';
import type { DistilBertConfig } from './config.js';

export class DistilBertForSequenceClassification extends EncoderForSequenceClassification<DistilBertConfig> {}
