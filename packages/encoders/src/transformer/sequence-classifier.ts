/**
 * A BERT-shaped encoder with a head for sequence classification and regression, written in tfjs ops and equal to Hugging
 * Face's `...ForSequenceClassification` of the same architecture: embeddings, post-layer-norm layers, pooling, head.
 */
import { pairVariables } from '@ggm-peft/adapters';
import type { AdaptableLayer, DropoutSource, Parameter, Stage, StagedModel } from '@ggm-peft/adapters';
import * as tf from '@tensorflow/tfjs';

import { architectureOf } from '../architecture-of.js';
import type { EncoderConfig } from '../config/encoder-config.js';
import { attentionSites, layerOf } from './architecture.js';
import { Embeddings } from './embeddings.js';
import { ClassificationHead } from './head.js';
import { TransformerLayer } from './layer.js';
import { inputOf, ParameterTable } from './parts.js';
import type { Inputs } from './parts.js';
import { firstToken, meanOfTokens, requirePooling } from './pooling.js';
import type { Pooling } from './pooling.js';

/** Every position of the attention scores that is padding gets this added: exp of it is zero in float32. */
export const maskedScore = -1e9;

/** What a forward pass gives. */
export interface EncoderOutputs {
  /** [batch, outputs] */
  readonly logits: tf.Tensor2D;
  /** The embeddings' output, then each layer's: numHiddenLayers + 1 tensors [batch, length, hidden]. */
  readonly hiddenStates: readonly tf.Tensor[];
}

export abstract class EncoderForSequenceClassification<
  C extends EncoderConfig = EncoderConfig,
> implements StagedModel {
  readonly layers: readonly AdaptableLayer[];
  readonly parameters: readonly Parameter[];
  /**
   * One for each layer, then the head (with BERT's pooler). The embeddings belong to the first layer's: what they give is
   * looked up as fast as it could be read from a file.
   */
  readonly stages: readonly Stage[];
  readonly config: C;
  /** Query, key and value of every layer. */
  readonly defaultSites: readonly string[];
  /** What the head reads. */
  readonly pooling: Pooling;
  readonly #embeddings: Embeddings;
  readonly #layers: readonly TransformerLayer[];
  readonly #head: ClassificationHead;

  /**
   * @param config the model's configuration
   * @param parameters every tensor of `modelWeights`, in that order; the model owns the variables
   * @param pooling what the head reads; default the first token's state, as Hugging Face has it
   */
  constructor(config: C, parameters: readonly Parameter[], pooling: Pooling = 'first') {
    requirePooling(new.target.name, pooling);
    const table = new ParameterTable(new.target.name, parameters);
    this.config = config;
    this.parameters = parameters;
    this.pooling = pooling;
    this.#embeddings = new Embeddings(new.target.name, config, table);
    this.#layers = Array.from(
      { length: config.numHiddenLayers },
      (_, layer) => new TransformerLayer(config, layer, table),
    );
    this.#head = new ClassificationHead(config, pooling, table);
    this.layers = [
      this.#embeddings.words,
      ...this.#layers.flatMap(({ linears }) => linears),
      ...this.#head.linears,
    ];
    const architecture = architectureOf(config);
    this.defaultSites = attentionSites(architecture);
    const head = config.numHiddenLayers;
    const ofHead = new Set(this.#head.linears.flatMap(({ weight, bias }) => [weight, bias]));
    this.stages = Array.from({ length: head + 1 }, (_, stage): Stage => {
      const here = (parameter: Parameter): boolean =>
        (ofHead.has(parameter) ? head : layerOf(architecture, parameter.name)) === stage;
      return {
        parameters: parameters.filter(here),
        layers: this.layers.filter(({ weight }) => here(weight)),
        tokens: stage === head && pooling === 'first' ? 'first' : 'all',
      };
    });
  }

  /** Values of one token's state: the hidden size. */
  get width(): number {
    return this.config.hiddenSize;
  }

  /**
   * The logits alone. Where the head reads the first token's last hidden state and nothing else, only keys and values of the
   * last layer are computed for the other tokens. With the same values as `forward`.
   *
   * @param inputs as for `forward`
   * @param dropout masks with the configuration's rates, or null for evaluation
   */
  logits(inputs: Inputs, dropout: DropoutSource | null): tf.Tensor2D {
    const embedded = this.#embeddings.apply(inputs, dropout);
    return this.#classify(this.#pass(0, this.#layers.length, embedded, inputs, dropout), inputs, dropout);
  }

  prefix(stage: number, inputs: Inputs): tf.Tensor {
    this.#requireStage('prefix', stage);
    return this.#pass(0, stage, this.#embeddings.apply(inputs, null), inputs, null);
  }

  logitsFrom(stage: number, hidden: tf.Tensor, inputs: Inputs, dropout: DropoutSource | null): tf.Tensor2D {
    this.#requireStage('logitsFrom', stage);
    return this.#classify(this.#pass(stage, this.#layers.length, hidden, inputs, dropout), inputs, dropout);
  }

  /**
   * The whole pass.
   *
   * @param inputs the tensors that `encoderInputs` names for this architecture, int32 [batch, length]
   * @param dropout masks with the configuration's rates, or null for evaluation
   */
  forward(inputs: Inputs, dropout: DropoutSource | null): EncoderOutputs {
    const maskBias = this.#paddingBias(inputs);
    let hidden = this.#embeddings.apply(inputs, dropout);
    const hiddenStates = [hidden];
    for (const layer of this.#layers) {
      hidden = layer.apply(hidden, hidden, maskBias, dropout);
      hiddenStates.push(hidden);
    }
    const read = this.pooling === 'first' ? firstToken(hidden) : hidden;
    return { logits: this.#classify(read, inputs, dropout), hiddenStates };
  }

  /** Disposes of the model's variables and of the adapters that its layers still carry. */
  dispose(): void {
    for (const layer of this.layers) {
      tf.dispose(pairVariables(layer.pair));
      layer.setPair(null);
    }
    for (const { variable } of this.parameters) variable.dispose();
  }

  #requireStage(caller: string, stage: number): void {
    const last = this.stages.length - 1;
    if (Number.isSafeInteger(stage) && stage >= 1 && stage <= last) return;
    throw new Error(
      `${this.constructor.name}.${caller}: stage must be an integer in 1..${last}; got ${stage}`,
    );
  }

  /**
   * The layers from..to − 1. With the first token pooled, of the model's last one only keys and values are computed for the
   * others.
   *
   * @param hidden what enters the first of them [batch, length, hidden]
   * @returns [batch, length, hidden], after the last layer with the first token pooled [batch, 1, hidden]
   */
  #pass(
    from: number,
    to: number,
    hidden: tf.Tensor,
    inputs: Inputs,
    dropout: DropoutSource | null,
  ): tf.Tensor {
    if (from === to) return hidden;
    const maskBias = this.#paddingBias(inputs);
    const shortened = this.pooling === 'first' ? this.#layers.at(-1) : null;
    return this.#layers
      .slice(from, to)
      .reduce(
        (states, layer) =>
          layer.apply(layer === shortened ? firstToken(states) : states, states, maskBias, dropout),
        hidden,
      );
  }

  /** @param last what the last layer gives: [batch, length, hidden], with the first token pooled [batch, 1, hidden] */
  #classify(last: tf.Tensor, inputs: Inputs, dropout: DropoutSource | null): tf.Tensor2D {
    const pooled = this.pooling === 'first' ? last : meanOfTokens(last, this.#attentionMask(inputs));
    return this.#head.apply(pooled, dropout);
  }

  /** What hides padding from attention [batch, 1, 1, length]. */
  #paddingBias(inputs: Inputs): tf.Tensor {
    const visible = tf.cast(this.#attentionMask(inputs), 'float32').expandDims(1).expandDims(1);
    return tf.mul(tf.sub(1, visible), maskedScore);
  }

  #attentionMask(inputs: Inputs): tf.Tensor {
    return inputOf(this.constructor.name, inputs, 'attentionMask');
  }
}
