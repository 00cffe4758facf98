import { describe, expect, it } from '@jest/globals';

import { encoderInputs, longestSequence, parseEncoderConfig } from '../src/index.js';
import type { EncoderConfig } from '../src/index.js';

const config = (model_type: string, change: object = {}): EncoderConfig =>
  parseEncoderConfig({
    model_type,
    vocab_size: 20,
    hidden_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 16,
    max_position_embeddings: 12,
    ...change,
  });

const batch = {
  inputIds: Int32Array.of(0, 7, 2, 1, 1, 0, 5, 6, 8, 2),
  attentionMask: Int32Array.of(1, 1, 1, 0, 0, 1, 1, 1, 1, 1),
  tokenTypeIds: Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 1),
  batch: 2,
  length: 5,
};

describe('encoderInputs', () => {
  it.each([['roberta', config('roberta')] as const, ['its padding', 1] as const])(
    'numbers RoBERTa’s tokens from padTokenId + 1 and gives padding padTokenId, by %s',
    (_, model) => {
      const inputs = encoderInputs(batch, model);
      expect(Object.keys(inputs)).toEqual(['inputIds', 'attentionMask', 'positionIds']);
      expect([...(inputs.positionIds?.data ?? [])]).toEqual([2, 3, 4, 1, 1, 2, 3, 4, 5, 6]);
      expect(inputs.positionIds?.shape).toEqual([2, 5]);
      expect(inputs.inputIds.shape).toEqual([2, 5]);
    },
  );

  it('gives BERT the token types, and none where there are none', () => {
    const inputs = encoderInputs(batch, config('bert'));
    expect(Object.keys(inputs)).toEqual(['inputIds', 'attentionMask', 'tokenTypeIds']);
    expect(inputs.tokenTypeIds).toEqual({ data: batch.tokenTypeIds, shape: [2, 5] });
    const { inputIds, attentionMask, length } = batch;
    const single = { inputIds, attentionMask, batch: 2, length };
    expect(encoderInputs(single, config('bert')).tokenTypeIds?.data).toEqual(new Int32Array(10));
  });

  it('gives DistilBERT ids and mask alone', () => {
    expect(Object.keys(encoderInputs(batch, config('distilbert')))).toEqual(['inputIds', 'attentionMask']);
  });

  it('refuses token types that the model lacks', () => {
    expect(() => encoderInputs(batch, config('bert', { type_vocab_size: 1 }))).toThrow(
      "encoderInputs: tokenTypeIds must lie in 0..0, the model's token types; got 1",
    );
  });
});

describe('longestSequence', () => {
  it('leaves room for the positions before RoBERTa’s first token', () => {
    expect(longestSequence(config('roberta'))).toBe(10);
    expect(longestSequence(config('bert'))).toBe(12);
    expect(longestSequence(config('distilbert'))).toBe(12);
  });
});
