/** What enters the first layer: word + token type + position, normalised. */
import { Embedding } from '@ggm-peft/adapters';
import type { DropoutSource } from '@ggm-peft/adapters';
import * as tf from '@tensorflow/tfjs';

import { architectureOf } from '../architecture-of.js';
import type { EncoderConfig } from '../config/encoder-config.js';
import { embeddingName } from './architecture.js';
import type { Architecture } from './architecture.js';
import { drop, inputOf, normalise } from './parts.js';
import type { Inputs, Norm, ParameterTable } from './parts.js';

export class Embeddings {
  readonly words: Embedding;
  readonly #owner: string;
  readonly #config: EncoderConfig;
  readonly #architecture: Architecture;
  readonly #positions: tf.Variable;
  readonly #types: tf.Variable | null;
  readonly #norm: Norm;

  /** @param owner the model's class, for messages */
  constructor(owner: string, config: EncoderConfig, table: ParameterTable) {
    this.#owner = owner;
    this.#config = config;
    const architecture = architectureOf(config);
    this.#architecture = architecture;
    const rows = (part: 'position_embeddings' | 'token_type_embeddings'): tf.Variable =>
      table.parameter(`${embeddingName(architecture, part)}.weight`).variable;
    const words = embeddingName(architecture, 'word_embeddings');
    this.words = new Embedding(words, table.parameter(`${words}.weight`));
    this.#positions = rows('position_embeddings');
    this.#types = architecture.tokenTypes === 'none' ? null : rows('token_type_embeddings');
    this.#norm = table.norm(embeddingName(architecture, 'LayerNorm'));
  }

  /**
   * @param inputs `inputIds` and what else the architecture takes, int32 [batch, length]
   * @returns [batch, length, hidden]
   */
  apply(inputs: Inputs, dropout: DropoutSource | null): tf.Tensor {
    const { layerNormEps, hiddenDropoutProb } = this.#config;
    const inputIds = inputOf(this.#owner, inputs, 'inputIds');
    const words = this.words.lookUp(inputIds);
    const typed = this.#types === null ? words : tf.add(words, this.#typesOf(this.#types, inputIds, inputs));
    const placed = tf.add(typed, this.#positionsOf(inputIds, inputs));
    return drop(normalise(placed, this.#norm, layerNormEps), dropout, hiddenDropoutProb);
  }

  /** [batch, length, hidden] */
  #typesOf(types: tf.Variable, inputIds: tf.Tensor, inputs: Inputs): tf.Tensor {
    const given = this.#architecture.tokenTypes === 'given';
    return tf.gather(types, given ? inputOf(this.#owner, inputs, 'tokenTypeIds') : tf.zerosLike(inputIds));
  }

  /** [batch, length, hidden], or [length, hidden] where every row has the same positions */
  #positionsOf(inputIds: tf.Tensor, inputs: Inputs): tf.Tensor {
    if (this.#architecture.positions === 'after-padding') {
      return tf.gather(this.#positions, inputOf(this.#owner, inputs, 'positionIds'));
    }
    const [, length = 0] = inputIds.shape;
    const { maxPositionEmbeddings, hiddenSize } = this.#config;
    if (length > maxPositionEmbeddings) {
      throw new Error(
        `${this.#owner}: inputIds must be at most ${maxPositionEmbeddings} long, the model's positions; got ${length}`,
      );
    }
    return this.#positions.slice([0, 0], [length, hiddenSize]);
  }
}
