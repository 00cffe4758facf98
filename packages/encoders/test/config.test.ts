import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { parseEncoderConfig, parseRobertaConfig, readRobertaConfig } from '../src/index.js';

const small = {
  model_type: 'roberta',
  vocab_size: 10,
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 16,
  max_position_embeddings: 12,
};

describe('parseRobertaConfig', () => {
  it("fills in Hugging Face's defaults", () => {
    expect(parseRobertaConfig(small)).toEqual({
      modelType: 'roberta',
      vocabSize: 10,
      hiddenSize: 8,
      numHiddenLayers: 1,
      numAttentionHeads: 2,
      intermediateSize: 16,
      maxPositionEmbeddings: 12,
      typeVocabSize: 2,
      layerNormEps: 1e-12,
      hiddenAct: 'gelu',
      hiddenDropoutProb: 0.1,
      attentionProbsDropoutProb: 0.1,
      classifierDropout: 0.1,
      padTokenId: 1,
      initializerRange: 0.02,
    });
  });

  it('takes classifier_dropout from hidden_dropout_prob when it is null', () => {
    const config = parseRobertaConfig({ ...small, hidden_dropout_prob: 0.2, classifier_dropout: null });
    expect(config.classifierDropout).toBe(0.2);
  });

  it.each([
    [{ model_type: 'bert' }, 'config: model_type must be "roberta" or "xlm-roberta"; got "bert"'],
    [{ model_type: undefined }, 'config: model_type must be "roberta" or "xlm-roberta"; got null'],
    [{ vocab_size: undefined }, 'config: vocab_size must be an integer of at least 1; got null'],
    [{ num_hidden_layers: 1.5 }, 'config: num_hidden_layers must be an integer of at least 1; got 1.5'],
    [{ num_attention_heads: 3 }, 'hidden_size must be a multiple of num_attention_heads; got 8 and 3'],
    [{ hidden_act: 'swish' }, 'config: hidden_act must be one of gelu, relu; got "swish"'],
    [{ hidden_dropout_prob: 1 }, 'config: hidden_dropout_prob must be a number in [0, 1); got 1'],
    [{ position_embedding_type: 'relative_key' }, 'position_embedding_type must be "absolute"'],
  ])('refuses %j', (change, message) => {
    expect(() => parseRobertaConfig({ ...small, ...change })).toThrow(message);
  });
});

describe('parseEncoderConfig', () => {
  it('reads XLM-R as a RoBERTa', () => {
    expect(parseEncoderConfig({ ...small, model_type: 'xlm-roberta' })).toEqual({
      ...parseRobertaConfig(small),
      modelType: 'xlm-roberta',
    });
  });

  it('reads BERT, whose padding is 0 unless the file says otherwise', () => {
    expect(parseEncoderConfig({ ...small, model_type: 'bert' })).toEqual({
      ...parseRobertaConfig(small),
      modelType: 'bert',
      padTokenId: 0,
    });
  });

  it('reads DistilBERT’s own names, with Hugging Face’s defaults', () => {
    expect(
      parseEncoderConfig({
        model_type: 'distilbert',
        vocab_size: 10,
        dim: 8,
        n_layers: 2,
        n_heads: 4,
        hidden_dim: 16,
        activation: 'relu',
        dropout: 0.2,
        attention_dropout: 0.3,
      }),
    ).toEqual({
      modelType: 'distilbert',
      vocabSize: 10,
      hiddenSize: 8,
      numHiddenLayers: 2,
      numAttentionHeads: 4,
      intermediateSize: 16,
      maxPositionEmbeddings: 512,
      typeVocabSize: 0,
      layerNormEps: 1e-12,
      hiddenAct: 'relu',
      hiddenDropoutProb: 0.2,
      attentionProbsDropoutProb: 0.3,
      classifierDropout: 0.2,
      padTokenId: 0,
      initializerRange: 0.02,
    });
  });

  it.each([
    [
      { ...small, model_type: 'gpt2' },
      'config: model_type must be "roberta" or "xlm-roberta" or "bert" or "distilbert"; got "gpt2"',
    ],
    [
      { model_type: 'distilbert', vocab_size: 10, sinusoidal_pos_embds: true },
      'config: sinusoidal_pos_embds must be false; got true',
    ],
    [
      { model_type: 'distilbert', vocab_size: 10, dim: 10, n_heads: 4 },
      'config: dim must be a multiple of n_heads; got 10 and 4',
    ],
  ])('refuses %j', (json, message) => {
    expect(() => parseEncoderConfig(json)).toThrow(message);
  });
});

describe('readRobertaConfig', () => {
  it('names the file that is missing or no JSON', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ggm-peft-config-'));
    const path = join(folder, 'config.json');
    await expect(readRobertaConfig(folder)).rejects.toThrow(`${path}: no such file`);
    await writeFile(path, '{"model_type": ');
    await expect(readRobertaConfig(folder)).rejects.toThrow(`${path}: not valid JSON`);
    await writeFile(path, '[]');
    await expect(readRobertaConfig(folder)).rejects.toThrow(`${path}: must hold a JSON object`);
    await rm(folder, { recursive: true });
  });
});
