/**
 * The models that every method has to work on: a line here, and the contract holds for one more. They are small, with
 * random weights large enough for gradients that finite differences can see.
 */
import type { TrainableModel } from '@ggm-peft/adapters';
import * as tf from '@tensorflow/tfjs';

import { createEncoder, encoderInputs, parseEncoderConfig } from '../../src/index.js';
import type { ModelType } from '../../src/index.js';

export interface ContractModel {
  readonly name: string;
  /** A new model, the same each time. */
  readonly create: () => TrainableModel & { dispose(): void };
  /** One batch of its inputs. The caller disposes of it. */
  readonly inputs: () => Record<string, tf.Tensor>;
  /** The batch's classes, 0 or 1. */
  readonly labels: readonly number[];
  /** Patterns of layers that may be sites, an embedding among them where there is one. */
  readonly sites: readonly string[];
}

/** Three texts of 6, 4 and 5 tokens; 0 begins a text, 2 ends it, 1 is padding. The first is a pair. */
const tokens = [
  [0, 5, 9, 14, 7, 2],
  [0, 20, 11, 2, 1, 1],
  [0, 8, 5, 17, 2, 1],
];
const types = [
  [0, 0, 0, 1, 1, 1],
  [0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0],
];
const padding = 1;

interface EncoderCase {
  readonly name: string;
  readonly modelType: ModelType;
  readonly sites: readonly string[];
}

function encoderModel({ name, modelType, sites }: EncoderCase): ContractModel {
  const [width, layers, heads, inner] = [12, 2, 3, 20];
  const sizes =
    modelType === 'distilbert'
      ? { dim: width, n_layers: layers, n_heads: heads, hidden_dim: inner }
      : {
          hidden_size: width,
          num_hidden_layers: layers,
          num_attention_heads: heads,
          intermediate_size: inner,
        };
  const config = parseEncoderConfig({
    ...sizes,
    model_type: modelType,
    vocab_size: 24,
    max_position_embeddings: 12,
    pad_token_id: padding,
    initializer_range: 0.4,
  });
  return {
    name,
    create: () => createEncoder(config, { outputs: 2, seed: 3 }),
    inputs: () => {
      const inputIds = Int32Array.from(tokens.flat());
      const attentionMask = inputIds.map((id) => (id === padding ? 0 : 1));
      const tokenTypeIds = Int32Array.from(types.flat());
      const [batch, length] = [tokens.length, tokens[0]?.length ?? 0];
      const arrays = encoderInputs({ inputIds, attentionMask, tokenTypeIds, batch, length }, config);
      return Object.fromEntries(
        Object.entries(arrays).map(([key, { data, shape }]) => [key, tf.tensor(data, shape, 'int32')]),
      );
    },
    labels: [1, 0, 1],
    sites,
  };
}

const bertSites = ['query', 'value', 'output.dense', 'word_embeddings'];

export const contractModels: readonly ContractModel[] = [
  encoderModel({ name: 'RoBERTa', modelType: 'roberta', sites: bertSites }),
  encoderModel({
    name: 'BERT',
    modelType: 'bert',
    sites: [...bertSites, 'pooler.dense'],
  }),
  encoderModel({
    name: 'DistilBERT',
    modelType: 'distilbert',
    sites: ['q_lin', 'v_lin', 'lin2', 'word_embeddings'],
  }),
];
