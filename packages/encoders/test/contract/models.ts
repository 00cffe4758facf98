/**
 * The models that every method has to work on: a line here, and the contract holds for one more. They are small, with
 * random weights large enough for gradients that finite differences can see.
 */
import type { TrainableModel } from '@ggm-peft/adapters';
import * as tf from '@tensorflow/tfjs';

import { createRoberta, encoderInputs, parseRobertaConfig } from '../../src/index.js';

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

const config = parseRobertaConfig({
  model_type: 'roberta',
  vocab_size: 24,
  hidden_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 20,
  max_position_embeddings: 12,
  initializer_range: 0.4,
});

/** Three texts of 6, 4 and 5 tokens; 0 begins a text, 2 ends it, 1 is padding. */
const tokens = [
  [0, 5, 9, 14, 7, 2],
  [0, 20, 11, 2, 1, 1],
  [0, 8, 5, 17, 2, 1],
];

export const contractModels: readonly ContractModel[] = [
  {
    name: 'RoBERTa',
    create: () => createRoberta(config, { outputs: 2, seed: 3 }),
    inputs: () => {
      const inputIds = Int32Array.from(tokens.flat());
      const attentionMask = inputIds.map((id) => (id === config.padTokenId ? 0 : 1));
      const [batch, length] = [tokens.length, tokens[0]?.length ?? 0];
      const arrays = encoderInputs({ inputIds, attentionMask, batch, length }, config.padTokenId);
      return Object.fromEntries(
        Object.entries(arrays).map(([name, { data, shape }]) => [name, tf.tensor(data, shape, 'int32')]),
      );
    },
    labels: [1, 0, 1],
    sites: ['query', 'value', 'output.dense', 'word_embeddings'],
  },
];
