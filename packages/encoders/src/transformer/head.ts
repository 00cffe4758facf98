/** The head of a sequence classifier: dropout? → dense → activation → dropout → output, on the pooled state. */
import type { DropoutSource, Linear } from '@ggm-peft/adapters';
import * as tf from '@tensorflow/tfjs';

import { architectureOf } from '../architecture-of.js';
import type { EncoderConfig } from '../config/encoder-config.js';
import type { HeadDesign } from './architecture.js';
import { drop } from './parts.js';
import type { ParameterTable } from './parts.js';
import { readsPooler } from './pooling.js';
import type { Pooling } from './pooling.js';

export class ClassificationHead {
  /** In the order of the forward pass. */
  readonly linears: readonly Linear[];
  readonly #config: EncoderConfig;
  readonly #design: HeadDesign;
  readonly #dense: Linear | null;
  readonly #output: Linear;

  constructor(config: EncoderConfig, pooling: Pooling, table: ParameterTable) {
    this.#config = config;
    this.#design = architectureOf(config).head;
    this.#dense = readsPooler(this.#design, pooling) ? table.linear(this.#design.dense) : null;
    this.#output = table.linear(this.#design.output);
    this.linears = this.#dense === null ? [this.#output] : [this.#dense, this.#output];
  }

  /**
   * @param pooled [batch, 1, hidden]
   * @returns logits [batch, outputs]
   */
  apply(pooled: tf.Tensor, dropout: DropoutSource | null): tf.Tensor2D {
    const { classifierDropout, hiddenSize } = this.#config;
    const rows = pooled.as2D(pooled.size / hiddenSize, hiddenSize); // [batch, hidden]
    const features = drop(this.#transform(rows, dropout), dropout, classifierDropout);
    return this.#output.apply(features, dropout).as2D(rows.shape[0], this.#output.outFeatures);
  }

  /** [batch, hidden] → [batch, hidden] */
  #transform(rows: tf.Tensor2D, dropout: DropoutSource | null): tf.Tensor {
    if (this.#dense === null) return rows;
    const { dropsInput, activation } = this.#design;
    const read = dropsInput ? drop(rows, dropout, this.#config.classifierDropout) : rows;
    const features = this.#dense.apply(read, dropout);
    return activation === 'tanh' ? tf.tanh(features) : tf.relu(features);
  }
}
