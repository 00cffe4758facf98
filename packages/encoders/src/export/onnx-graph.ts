/**
 * RoBERTa with its classification head as an ONNX graph whose batch and sequence lengths each run decides:
 *
 *   input_ids, attention_mask   int64 [batch_size, sequence_length]
 *   logits                      float32 [batch_size, num_labels]
 *
 * Inputs and output are named as optimum exports them and transformers.js feeds them; positions come from the ids in the
 * graph. Written operator by operator, since a traced forward pass has the shapes of one batch written into it. Weights keep
 * their checkpoint names; matrices are stored as [in, out], the way MatMul takes them, under `<name>.transposed`.
 */
import type { TensorData } from '@ggm-peft/adapters';
import { OnnxBuilder } from '@ggm-peft/tfjs-onnx';

import type { RobertaConfig } from '../roberta/config.js';

/** Every position of the attention scores that is padding gets this added: exp of it is zero in float32. */
const maskedScore = -1e9;

/** The sides whose lengths a run decides. */
const tokens = ['batch_size', 'sequence_length'] as const;

/**
 * The model as a file's bytes.
 * @param weights every parameter of the model by its checkpoint name, adapters folded in
 * @throws when a weight is missing, or the model takes more than an ONNX file can hold, 2 GiB
 */
export function onnxGraph(config: RobertaConfig, weights: ReadonlyMap<string, TensorData>): Uint8Array {
  const graph = new RobertaGraph(config, weights);
  const ids = graph.builder.input('input_ids', { type: 'int64', shape: tokens });
  const mask = graph.builder.input('attention_mask', { type: 'int64', shape: tokens });
  const maskBias = graph.maskBias(mask);
  let hidden = graph.embed(ids);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) hidden = graph.layer(layer, hidden, maskBias);
  graph.classify(hidden);
  return graph.builder.finish();
}

/** Comments on values give their shapes: B examples, L tokens, H hidden size, A heads, W = H / A. */
class RobertaGraph {
  readonly builder = new OnnxBuilder('roberta');
  readonly #config: RobertaConfig;
  readonly #weights: ReadonlyMap<string, TensorData>;
  readonly #constants = new Set<string>();

  constructor(config: RobertaConfig, weights: ReadonlyMap<string, TensorData>) {
    this.#config = config;
    this.#weights = weights;
  }

  /** What hides padding from attention [B, 1, 1, L]. */
  maskBias(mask: string): string {
    const { builder } = this;
    const visible = builder.node('mask.float', 'Cast', [mask], { to: 'float32' });
    const hidden = builder.node('mask.hidden', 'Sub', [this.#number(1), visible]);
    const bias = builder.node('mask.bias', 'Mul', [hidden, this.#number(maskedScore)]);
    return builder.node('mask.broadcast', 'Unsqueeze', [bias, this.#int64s([1, 2])]);
  }

  /** The embeddings' output [B, L, H]. */
  embed(ids: string): string {
    const { builder } = this;
    const at = 'roberta.embeddings';
    const words = builder.node(`${at}.words`, 'Gather', [this.#weight(`${at}.word_embeddings.weight`), ids]);
    const positions = builder.node(`${at}.positions`, 'Gather', [
      this.#weight(`${at}.position_embeddings.weight`),
      this.#positionIds(ids),
    ]);
    // RoBERTa has no segments: every token is of type 0.
    const type = builder.node(`${at}.type`, 'Gather', [
      this.#weight(`${at}.token_type_embeddings.weight`),
      this.#int64(0),
    ]); // [H]
    const typed = builder.node(`${at}.typed`, 'Add', [words, type]);
    return this.#norm(`${at}.LayerNorm`, builder.node(`${at}.sum`, 'Add', [typed, positions]));
  }

  /** One transformer layer, post-norm: [B, L, H] → [B, L, H]. */
  layer(index: number, x: string, maskBias: string): string {
    const { builder } = this;
    const at = `roberta.encoder.layer.${index}`;
    const attended = this.#linear(`${at}.attention.output.dense`, this.#attend(at, x, maskBias));
    const middle = this.#norm(
      `${at}.attention.output.LayerNorm`,
      builder.node(`${at}.attention.output.residual`, 'Add', [attended, x]),
    );
    const expanded = this.#activate(
      `${at}.intermediate.activation`,
      this.#linear(`${at}.intermediate.dense`, middle),
    ); // [B, L, ffn]
    const contracted = this.#linear(`${at}.output.dense`, expanded);
    return this.#norm(
      `${at}.output.LayerNorm`,
      builder.node(`${at}.output.residual`, 'Add', [contracted, middle]),
    );
  }

  /** The head on the first token's last state: [B, L, H] → `logits` [B, outputs]. */
  classify(hidden: string): void {
    const { builder } = this;
    const first = builder.node('classifier.first', 'Gather', [hidden, this.#int64(0)], { axis: 1 }); // [B, H]
    const pooled = builder.node('classifier.pooled', 'Tanh', [this.#linear('classifier.dense', first)]);
    const logits = this.#linear('classifier.out_proj', pooled);
    const outputs = this.#tensor('classifier.out_proj.bias').data.length;
    builder.output(builder.node('logits', 'Identity', [logits]), {
      type: 'float32',
      shape: [tokens[0], outputs],
    });
  }

  /** Positions count the tokens that are no padding, from padTokenId + 1; padding has position padTokenId. [B, L] */
  #positionIds(ids: string): string {
    const { builder } = this;
    const padding = this.#int64(this.#config.padTokenId);
    const isPadding = builder.node('positions.padding', 'Equal', [ids, padding]);
    const isToken = builder.node('positions.tokens', 'Not', [isPadding]);
    const ones = builder.node('positions.ones', 'Cast', [isToken], { to: 'int64' });
    const counted = builder.node('positions.counted', 'CumSum', [ones, this.#int64(1)]);
    const shown = builder.node('positions.shown', 'Mul', [counted, ones]);
    return builder.node('positions.ids', 'Add', [shown, padding]);
  }

  /** Scaled dot-product attention of all heads [B, L, H], without the output projection. */
  #attend(layer: string, x: string, maskBias: string): string {
    const { builder } = this;
    const { numAttentionHeads: heads, hiddenSize } = this.#config;
    const width = hiddenSize / heads;
    const at = `${layer}.attention.self`;
    const split = (name: string, perm: readonly number[]): string => {
      const rows = builder.node(`${at}.${name}.heads`, 'Reshape', [
        this.#linear(`${at}.${name}`, x),
        this.#int64s([0, 0, heads, width]),
      ]); // [B, L, A, W]
      return builder.node(`${at}.${name}.split`, 'Transpose', [rows], { perm });
    };
    const query = split('query', [0, 2, 1, 3]); // [B, A, L, W]
    const key = split('key', [0, 2, 3, 1]); // [B, A, W, L]
    const value = split('value', [0, 2, 1, 3]); // [B, A, L, W]
    const product = builder.node(`${at}.product`, 'MatMul', [query, key]); // [B, A, L, L]
    const scaled = builder.node(`${at}.scaled`, 'Div', [product, this.#number(Math.sqrt(width))]);
    const masked = builder.node(`${at}.masked`, 'Add', [scaled, maskBias]);
    const weights = builder.node(`${at}.weights`, 'Softmax', [masked], { axis: -1 });
    const context = builder.node(`${at}.context`, 'MatMul', [weights, value]); // [B, A, L, W]
    const joined = builder.node(`${at}.joined`, 'Transpose', [context], { perm: [0, 2, 1, 3] });
    return builder.node(`${at}.output`, 'Reshape', [joined, this.#int64s([0, 0, hiddenSize])]);
  }

  /** x Wᵀ + b for x [..., in]. */
  #linear(name: string, x: string): string {
    const { builder } = this;
    const { shape, data } = this.#tensor(`${name}.weight`);
    const [out = 0, inn = 0] = shape;
    const weight = builder.tensor(
      `${name}.weight.transposed`,
      { type: 'float32', shape: [inn, out] },
      transposed(data, out, inn),
    );
    const product = builder.node(`${name}.product`, 'MatMul', [x, weight]);
    return builder.node(name, 'Add', [product, this.#weight(`${name}.bias`)]);
  }

  #norm(name: string, x: string): string {
    return this.builder.node(
      name,
      'LayerNormalization',
      [x, this.#weight(`${name}.weight`), this.#weight(`${name}.bias`)],
      { axis: -1, epsilon: { float: this.#config.layerNormEps } },
    );
  }

  /** gelu(x) = x/2 (1 + erf(x/√2)), in the operators that runtimes know to fuse. */
  #activate(name: string, x: string): string {
    const { builder } = this;
    if (this.#config.hiddenAct === 'relu') return builder.node(name, 'Relu', [x]);
    const scaled = builder.node(`${name}.scaled`, 'Div', [x, this.#number(Math.SQRT2)]);
    const erf = builder.node(`${name}.erf`, 'Erf', [scaled]);
    const gate = builder.node(`${name}.gate`, 'Add', [erf, this.#number(1)]);
    const gated = builder.node(`${name}.gated`, 'Mul', [x, gate]);
    return builder.node(name, 'Mul', [gated, this.#number(0.5)]);
  }

  #tensor(name: string): TensorData {
    const tensor = this.#weights.get(name);
    if (tensor === undefined) throw new Error(`onnxGraph: weight ${name} is missing`);
    return tensor;
  }

  #weight(name: string): string {
    const { shape, data } = this.#tensor(name);
    return this.builder.tensor(name, { type: 'float32', shape }, data);
  }

  #number(value: number): string {
    return this.#constant(`number.${value}`, (name) =>
      this.builder.tensor(name, { type: 'float32', shape: [] }, Float32Array.of(value)),
    );
  }

  #int64(value: number): string {
    return this.#constant(`integer.${value}`, (name) =>
      this.builder.tensor(name, { type: 'int64', shape: [] }, BigInt64Array.of(BigInt(value))),
    );
  }

  #int64s(values: readonly number[]): string {
    return this.#constant(`integers.${values.join('.')}`, (name) =>
      this.builder.tensor(
        name,
        { type: 'int64', shape: [values.length] },
        BigInt64Array.from(values, BigInt),
      ),
    );
  }

  #constant(name: string, define: (name: string) => string): string {
    if (this.#constants.has(name)) return name;
    this.#constants.add(name);
    return define(name);
  }
}

/** [out, in] → [in, out] */
function transposed(data: Float32Array, out: number, inn: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inn; i++) result[i * out + o] = data[o * inn + i] ?? 0;
  }
  return result;
}
