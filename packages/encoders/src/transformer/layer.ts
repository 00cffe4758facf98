/**
 * One layer of a post-layer-norm transformer encoder (Vaswani et al. 2017, arXiv 1706.03762, as BERT has it):
 *
 *   m = LayerNorm(x + W_o attention(x, hidden)), y = LayerNorm(m + W_2 act(W_1 m))
 */
import type { DropoutSource, Linear } from '@ggm-peft/adapters';
import { attentionWeights, gelu } from '@ggm-peft/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';

import { architectureOf } from '../architecture-of.js';
import type { EncoderConfig } from '../config/encoder-config.js';
import { layerPartName } from './architecture.js';
import type { LayerNames } from './architecture.js';
import { drop, normalise } from './parts.js';
import type { Norm, ParameterTable } from './parts.js';

export class TransformerLayer {
  /** In the order of the forward pass. */
  readonly linears: readonly Linear[];
  readonly #config: EncoderConfig;
  readonly #dropsAttentionOutput: boolean;
  readonly #query: Linear;
  readonly #key: Linear;
  readonly #value: Linear;
  readonly #attentionOutput: Linear;
  readonly #attentionNorm: Norm;
  readonly #intermediate: Linear;
  readonly #output: Linear;
  readonly #outputNorm: Norm;

  constructor(config: EncoderConfig, index: number, table: ParameterTable) {
    const architecture = architectureOf(config);
    const name = (part: keyof LayerNames): string => layerPartName(architecture, index, part);
    this.#config = config;
    this.#dropsAttentionOutput = architecture.dropsAttentionOutput;
    this.#query = table.linear(name('query'));
    this.#key = table.linear(name('key'));
    this.#value = table.linear(name('value'));
    this.#attentionOutput = table.linear(name('attentionOutput'));
    this.#attentionNorm = table.norm(name('attentionNorm'));
    this.#intermediate = table.linear(name('intermediate'));
    this.#output = table.linear(name('output'));
    this.#outputNorm = table.norm(name('outputNorm'));
    this.linears = [
      this.#query,
      this.#key,
      this.#value,
      this.#attentionOutput,
      this.#intermediate,
      this.#output,
    ];
  }

  /**
   * The layer, for some of its tokens.
   *
   * @param x the tokens whose output is wanted [batch, wanted, hidden]
   * @param hidden the tokens that they attend to [batch, length, hidden]
   * @param maskBias what hides padding from attention [batch, 1, 1, length]
   * @returns [batch, wanted, hidden]
   */
  apply(x: tf.Tensor, hidden: tf.Tensor, maskBias: tf.Tensor, dropout: DropoutSource | null): tf.Tensor {
    const { hiddenDropoutProb, layerNormEps } = this.#config;
    const context = this.#attend(x, hidden, maskBias, dropout);
    const attended = this.#attentionOutput.apply(context, dropout);
    const kept = this.#dropsAttentionOutput ? drop(attended, dropout, hiddenDropoutProb) : attended;
    const middle = normalise(tf.add(kept, x), this.#attentionNorm, layerNormEps);
    const expanded = this.#activate(this.#intermediate.apply(middle, dropout)); // [batch, wanted, ffn]
    const contracted = drop(this.#output.apply(expanded, dropout), dropout, hiddenDropoutProb);
    return normalise(tf.add(contracted, middle), this.#outputNorm, layerNormEps);
  }

  #activate(x: tf.Tensor): tf.Tensor {
    return this.#config.hiddenAct === 'gelu' ? gelu(x) : tf.relu(x);
  }

  /** Scaled dot-product attention of all heads from x to hidden, [batch, wanted, hidden]. */
  #attend(x: tf.Tensor, hidden: tf.Tensor, maskBias: tf.Tensor, dropout: DropoutSource | null): tf.Tensor {
    const { numAttentionHeads: heads, hiddenSize, attentionProbsDropoutProb: rate } = this.#config;
    const [batch = 0, wanted = 0] = x.shape;
    const width = hiddenSize / heads;
    const split = (y: tf.Tensor): tf.Tensor =>
      tf.transpose(y.reshape([batch, -1, heads, width]), [0, 2, 1, 3]); // [batch, heads, tokens, width]
    const query = split(this.#query.apply(x, dropout));
    const key = split(this.#key.apply(hidden, dropout));
    const value = split(this.#value.apply(hidden, dropout));
    const weights = attentionWeights(query, key, maskBias, 1 / Math.sqrt(width)); // [batch, heads, wanted, length]
    const context = tf.matMul(drop(weights, dropout, rate), value); // [batch, heads, wanted, width]
    return tf.transpose(context, [0, 2, 1, 3]).reshape([batch, wanted, hiddenSize]);
  }
}
