/**
 * RoBERTa for sequence classification and regression (Liu et al. 2019, arXiv 1907.11692), written in tfjs ops and
 * equal to Hugging Face's `RobertaForSequenceClassification`: post-layer-norm encoder, erf GELU, a head of
 * dropout → dense → tanh → dropout → out_proj on the first token's last hidden state.
 */
import * as tf from '@tensorflow/tfjs';
import { Embedding, Linear } from '@ggm-peft/adapters';
import type { AdaptableLayer, DropoutSource, Parameter, TrainableModel } from '@ggm-peft/adapters';
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

export class RobertaForSequenceClassification implements TrainableModel {
  readonly layers: readonly AdaptableLayer[];
  readonly parameters: readonly Parameter[];
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
  }

  get config(): RobertaConfig {
    return this.#config;
  }

  logits(inputs: Readonly<Record<string, tf.Tensor>>, dropout: DropoutSource | null): tf.Tensor2D {
    return this.forward(inputs, dropout).logits;
  }

  /**
   * @param inputs `inputIds`, `attentionMask`, `positionIds`, int32 [batch, length]: see `encoderInputs`
   * @param dropout masks with the configuration's rates, or null for evaluation
   */
  forward(inputs: Readonly<Record<string, tf.Tensor>>, dropout: DropoutSource | null): RobertaOutputs {
    const inputIds = input(inputs, 'inputIds');
    const attentionMask = input(inputs, 'attentionMask');
    const positionIds = input(inputs, 'positionIds');
    const { hiddenDropoutProb, classifierDropout, hiddenSize } = this.#config;
    const drop = (x: tf.Tensor, rate = hiddenDropoutProb): tf.Tensor =>
      dropout === null || rate === 0 ? x : dropout.apply(x, rate);

    let hidden: tf.Tensor = tf.add(
      tf.add(this.#words.lookUp(inputIds), tf.gather(this.#types, tf.zerosLike(inputIds))),
      tf.gather(this.#positions, positionIds),
    ); // [batch, length, hidden]
    hidden = drop(this.#normalise(hidden, this.#embeddingNorm));

    const visible = tf.cast(attentionMask, 'float32').expandDims(1).expandDims(1); // [batch, 1, 1, length]
    const maskBias = tf.mul(tf.sub(1, visible), maskedScore);

    const hiddenStates = [hidden];
    for (const layer of this.#layers) {
      const attended = drop(layer.attentionOutput.apply(this.#attend(layer, hidden, maskBias, dropout)));
      hidden = this.#normalise(tf.add(attended, hidden), layer.attentionNorm);
      const expanded = this.#activate(layer.intermediate.apply(hidden)); // [batch, length, ffn]
      hidden = this.#normalise(tf.add(drop(layer.output.apply(expanded)), hidden), layer.outputNorm);
      hiddenStates.push(hidden);
    }

    const [batch = 0] = hidden.shape;
    const first = hidden.slice([0, 0, 0], [batch, 1, hiddenSize]).reshape([batch, hiddenSize]);
    const pooled = tf.tanh(this.#headDense.apply(drop(first, classifierDropout)));
    const logits = this.#headOutput.apply(drop(pooled, classifierDropout)); // [batch, outputs]
    return { logits: logits.as2D(batch, this.#headOutput.outFeatures), hiddenStates };
  }

  /** Disposes of the model's variables and of the adapters that its layers still carry. */
  dispose(): void {
    for (const layer of this.layers) {
      layer.pair?.a.dispose();
      layer.pair?.b.dispose();
      layer.setPair(null);
    }
    for (const { variable } of this.parameters) variable.dispose();
  }

  #normalise(x: tf.Tensor, { gamma, beta }: Norm): tf.Tensor {
    return layerNorm(x, gamma, beta, this.#config.layerNormEps);
  }

  #activate(x: tf.Tensor): tf.Tensor {
    return this.#config.hiddenAct === 'gelu' ? gelu(x) : tf.relu(x);
  }

  /** Scaled dot-product attention of all heads, [batch, length, hidden]. */
  #attend(layer: Layer, hidden: tf.Tensor, maskBias: tf.Tensor, dropout: DropoutSource | null): tf.Tensor {
    const { numAttentionHeads: heads, hiddenSize, attentionProbsDropoutProb: rate } = this.#config;
    const [batch = 0, length = 0] = hidden.shape;
    const width = hiddenSize / heads;
    const split = (x: tf.Tensor): tf.Tensor =>
      tf.transpose(x.reshape([batch, length, heads, width]), [0, 2, 1, 3]); // [batch, heads, length, width]
    const query = split(layer.query.apply(hidden));
    const key = split(layer.key.apply(hidden));
    const value = split(layer.value.apply(hidden));
    const weights = attentionWeights(query, key, maskBias, 1 / Math.sqrt(width)); // [batch, heads, length, length]
    const kept = dropout === null || rate === 0 ? weights : dropout.apply(weights, rate);
    const context = tf.matMul(kept, value); // [batch, heads, length, width]
    return tf.transpose(context, [0, 2, 1, 3]).reshape([batch, length, hiddenSize]);
  }
}

function input(inputs: Readonly<Record<string, tf.Tensor>>, name: string): tf.Tensor {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`RobertaForSequenceClassification: input ${name} is missing`);
  return tensor;
}
