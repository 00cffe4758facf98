/**
 * RoBERTa for sequence classification and regression (Liu et al. 2019, arXiv 1907.11692), written in tfjs ops and
 * equal to Hugging Face's `RobertaForSequenceClassification`: post-layer-norm encoder, erf GELU, a head of
 * dropout → dense → tanh → dropout → out_proj on the first token's last hidden state.
 */
import * as tf from '@tensorflow/tfjs';
import { Embedding, Linear, pairVariables } from '@ggm-peft/adapters';
import type { AdaptableLayer, DropoutSource, Parameter, Stage, StagedModel } from '@ggm-peft/adapters';
import { attentionWeights, gelu, layerNorm } from '@ggm-peft/tfjs-onnx';

import type { RobertaConfig } from './config.js';

/** Every position of the attention scores that is padding gets this added: exp of it is zero in float32. */
const maskedScore = -1e9;

interface Norm {
  readonly gamma: tf.Variable;
  readonly beta: tf.Variable;
}

interface Layer {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly attentionOutput: Linear;
  readonly attentionNorm: Norm;
  readonly intermediate: Linear;
  readonly output: Linear;
  readonly outputNorm: Norm;
}

/** What a forward pass gives. */
export interface RobertaOutputs {
  /** [batch, outputs] */
  readonly logits: tf.Tensor2D;
  /** The embeddings' output, then each layer's: numHiddenLayers + 1 tensors [batch, length, hidden]. */
  readonly hiddenStates: readonly tf.Tensor[];
}

export class RobertaForSequenceClassification implements StagedModel {
  readonly layers: readonly AdaptableLayer[];
  readonly parameters: readonly Parameter[];
  /**
   * One for each layer, then the head. The embeddings belong to the first layer's: what they give is looked up as fast as it
   * could be read from a file.
   */
  readonly stages: readonly Stage[];
  readonly #config: RobertaConfig;
  readonly #words: Embedding;
  readonly #positions: tf.Variable;
  readonly #types: tf.Variable;
  readonly #embeddingNorm: Norm;
  readonly #layers: readonly Layer[];
  readonly #headDense: Linear;
  readonly #headOutput: Linear;

  /**
   * @param config the model's configuration
   * @param parameters every tensor of `encoderWeights` and `headWeights`, in that order; the model owns the variables
   */
  constructor(config: RobertaConfig, parameters: readonly Parameter[]) {
    const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    const parameter = (name: string): Parameter => {
      const found = byName.get(name);
      if (found === undefined)
        throw new Error(`RobertaForSequenceClassification: parameter ${name} is missing`);
      return found;
    };
    const linear = (name: string): Linear =>
      new Linear(name, parameter(`${name}.weight`), parameter(`${name}.bias`));
    const norm = (name: string): Norm => ({
      gamma: parameter(`${name}.weight`).variable,
      beta: parameter(`${name}.bias`).variable,
    });

    this.#config = config;
    this.parameters = parameters;
    const embeddings = 'roberta.embeddings';
    this.#words = new Embedding(
      `${embeddings}.word_embeddings`,
      parameter(`${embeddings}.word_embeddings.weight`),
    );
    this.#positions = parameter(`${embeddings}.position_embeddings.weight`).variable;
    this.#types = parameter(`${embeddings}.token_type_embeddings.weight`).variable;
    this.#embeddingNorm = norm(`${embeddings}.LayerNorm`);
    this.#layers = Array.from({ length: config.numHiddenLayers }, (_, i): Layer => {
      const at = `roberta.encoder.layer.${i}`;
      return {
        query: linear(`${at}.attention.self.query`),
        key: linear(`${at}.attention.self.key`),
        value: linear(`${at}.attention.self.value`),
        attentionOutput: linear(`${at}.attention.output.dense`),
        attentionNorm: norm(`${at}.attention.output.LayerNorm`),
        intermediate: linear(`${at}.intermediate.dense`),
        output: linear(`${at}.output.dense`),
        outputNorm: norm(`${at}.output.LayerNorm`),
      };
    });
    this.#headDense = linear('classifier.dense');
    this.#headOutput = linear('classifier.out_proj');
    this.layers = [
      this.#words,
      ...this.#layers.flatMap((layer) => [
        layer.query,
        layer.key,
        layer.value,
        layer.attentionOutput,
        layer.intermediate,
        layer.output,
      ]),
      this.#headDense,
      this.#headOutput,
    ];
    const head = config.numHiddenLayers;
    this.stages = Array.from({ length: head + 1 }, (_, stage): Stage => {
      const here = ({ name, role }: Parameter): boolean => (role === 'head' ? head : layerOf(name)) === stage;
      return {
        parameters: parameters.filter(here),
        layers: this.layers.filter(({ weight }) => here(weight)),
        tokens: stage === head ? 'first' : 'all',
      };
    });
  }

  /** Values of one token's state: the hidden size. */
  get width(): number {
    return this.#config.hiddenSize;
  }

  get config(): RobertaConfig {
    return this.#config;
  }

  /**
   * The logits alone. The head reads the first token's last hidden state and nothing else: of the last layer only keys and
   * values are computed for the other tokens. With the same values as `forward`.
   *
   * @param inputs as for `forward`
   * @param dropout masks with the configuration's rates, or null for evaluation
   */
  logits(inputs: Readonly<Record<string, tf.Tensor>>, dropout: DropoutSource | null): tf.Tensor2D {
    const embedded = this.#embed(inputs, dropout);
    return this.#classify(
      this.#pass(0, this.#layers.length, embedded, paddingBias(inputs), dropout),
      dropout,
    );
  }

  prefix(stage: number, inputs: Readonly<Record<string, tf.Tensor>>): tf.Tensor {
    this.#requireStage('prefix', stage);
    return this.#pass(0, stage, this.#embed(inputs, null), paddingBias(inputs), null);
  }

  logitsFrom(
    stage: number,
    hidden: tf.Tensor,
    inputs: Readonly<Record<string, tf.Tensor>>,
    dropout: DropoutSource | null,
  ): tf.Tensor2D {
    this.#requireStage('logitsFrom', stage);
    const layers = this.#layers.length;
    if (stage === layers) return this.#classify(hidden, dropout);
    return this.#classify(this.#pass(stage, layers, hidden, paddingBias(inputs), dropout), dropout);
  }

  /**
   * The whole pass.
   *
   * @param inputs `inputIds`, `attentionMask`, `positionIds`, int32 [batch, length]: see `encoderInputs`
   * @param dropout masks with the configuration's rates, or null for evaluation
   */
  forward(inputs: Readonly<Record<string, tf.Tensor>>, dropout: DropoutSource | null): RobertaOutputs {
    const maskBias = paddingBias(inputs);
    let hidden = this.#embed(inputs, dropout);
    const hiddenStates = [hidden];
    for (const layer of this.#layers) {
      hidden = this.#transform(layer, hidden, hidden, maskBias, dropout);
      hiddenStates.push(hidden);
    }
    return { logits: this.#classify(firstToken(hidden), dropout), hiddenStates };
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
      `RobertaForSequenceClassification.${caller}: stage must be an integer in 1..${last}; got ${stage}`,
    );
  }

  /** The embeddings' output [batch, length, hidden]. */
  #embed(inputs: Readonly<Record<string, tf.Tensor>>, dropout: DropoutSource | null): tf.Tensor {
    const inputIds = input(inputs, 'inputIds');
    const summed = tf.add(
      tf.add(this.#words.lookUp(inputIds), tf.gather(this.#types, tf.zerosLike(inputIds))),
      tf.gather(this.#positions, input(inputs, 'positionIds')),
    );
    return this.#drop(this.#normalise(summed, this.#embeddingNorm), dropout);
  }

  /**
   * The layers from..to − 1. Of the model's last one only keys and values are computed for tokens other than the first.
   *
   * @param hidden what enters the first of them [batch, length, hidden]
   * @returns [batch, length, hidden], after the last layer [batch, 1, hidden]
   */
  #pass(
    from: number,
    to: number,
    hidden: tf.Tensor,
    maskBias: tf.Tensor,
    dropout: DropoutSource | null,
  ): tf.Tensor {
    const last = this.#layers.at(-1);
    return this.#layers
      .slice(from, to)
      .reduce(
        (states, layer) =>
          this.#transform(layer, layer === last ? firstToken(states) : states, states, maskBias, dropout),
        hidden,
      );
  }

  /**
   * One layer, for some of its tokens.
   *
   * @param x the tokens whose output is wanted [batch, wanted, hidden]
   * @param hidden the tokens that they attend to [batch, length, hidden]
   * @returns [batch, wanted, hidden]
   */
  #transform(
    layer: Layer,
    x: tf.Tensor,
    hidden: tf.Tensor,
    maskBias: tf.Tensor,
    dropout: DropoutSource | null,
  ): tf.Tensor {
    const context = this.#attend(layer, x, hidden, maskBias, dropout);
    const attended = this.#drop(layer.attentionOutput.apply(context, dropout), dropout);
    const middle = this.#normalise(tf.add(attended, x), layer.attentionNorm);
    const expanded = this.#activate(layer.intermediate.apply(middle, dropout)); // [batch, wanted, ffn]
    const contracted = this.#drop(layer.output.apply(expanded, dropout), dropout);
    return this.#normalise(tf.add(contracted, middle), layer.outputNorm);
  }

  /** @param first the first token's last hidden state [batch, 1, hidden] */
  #classify(first: tf.Tensor, dropout: DropoutSource | null): tf.Tensor2D {
    const { classifierDropout, hiddenSize } = this.#config;
    const rows = first.as2D(first.size / hiddenSize, hiddenSize); // [batch, hidden]
    const pooled = tf.tanh(this.#headDense.apply(this.#drop(rows, dropout, classifierDropout)));
    const logits = this.#headOutput.apply(this.#drop(pooled, dropout, classifierDropout)); // [batch, outputs]
    return logits.as2D(rows.shape[0], this.#headOutput.outFeatures);
  }

  #drop(x: tf.Tensor, dropout: DropoutSource | null, rate = this.#config.hiddenDropoutProb): tf.Tensor {
    return dropout === null || rate === 0 ? x : dropout.apply(x, rate);
  }

  #normalise(x: tf.Tensor, { gamma, beta }: Norm): tf.Tensor {
    return layerNorm(x, gamma, beta, this.#config.layerNormEps);
  }

  #activate(x: tf.Tensor): tf.Tensor {
    return this.#config.hiddenAct === 'gelu' ? gelu(x) : tf.relu(x);
  }

  /** Scaled dot-product attention of all heads from x to hidden, [batch, wanted, hidden]. */
  #attend(
    layer: Layer,
    x: tf.Tensor,
    hidden: tf.Tensor,
    maskBias: tf.Tensor,
    dropout: DropoutSource | null,
  ): tf.Tensor {
    const { numAttentionHeads: heads, hiddenSize, attentionProbsDropoutProb: rate } = this.#config;
    const [batch = 0, wanted = 0] = x.shape;
    const width = hiddenSize / heads;
    const split = (y: tf.Tensor): tf.Tensor =>
      tf.transpose(y.reshape([batch, -1, heads, width]), [0, 2, 1, 3]); // [batch, heads, tokens, width]
    const query = split(layer.query.apply(x, dropout));
    const key = split(layer.key.apply(hidden, dropout));
    const value = split(layer.value.apply(hidden, dropout));
    const weights = attentionWeights(query, key, maskBias, 1 / Math.sqrt(width)); // [batch, heads, wanted, length]
    const context = tf.matMul(this.#drop(weights, dropout, rate), value); // [batch, heads, wanted, width]
    return tf.transpose(context, [0, 2, 1, 3]).reshape([batch, wanted, hiddenSize]);
  }
}

/** The number of the layer that a parameter of the encoder belongs to; 0 for the embeddings'. */
function layerOf(name: string): number {
  return Number(/\.layer\.(\d+)\./.exec(name)?.[1] ?? 0);
}

/** What hides padding from attention [batch, 1, 1, length]. */
function paddingBias(inputs: Readonly<Record<string, tf.Tensor>>): tf.Tensor {
  const visible = tf.cast(input(inputs, 'attentionMask'), 'float32').expandDims(1).expandDims(1);
  return tf.mul(tf.sub(1, visible), maskedScore);
}

/** [batch, length, hidden] → [batch, 1, hidden] */
function firstToken(hidden: tf.Tensor): tf.Tensor {
  const [batch = 0, , width = 0] = hidden.shape;
  return hidden.slice([0, 0, 0], [batch, 1, width]);
}

function input(inputs: Readonly<Record<string, tf.Tensor>>, name: string): tf.Tensor {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`RobertaForSequenceClassification: input ${name} is missing`);
  return tensor;
}
