/**
 * An encoder with its classification head as an ONNX graph whose batch and sequence lengths each run decides:
 *
 *   input_ids, attention_mask (, token_type_ids for BERT)   int64 [batch_size, sequence_length]
 *   logits                                                  float32 [batch_size, num_labels]
 *
 * Inputs and output are named as optimum exports them and transformers.js feeds them; positions come from the ids in the
 * graph. Written operator by operator, since a traced forward pass has the shapes of one batch written into it. Weights keep
 * their checkpoint names; matrices are stored as [in, out], the way MatMul takes them, under `<name>.transposed`.
 */
import type { TensorData } from '@ggm-peft/adapters';
import { OnnxBuilder } from '@ggm-peft/tfjs-onnx';

import { architectureOf } from '../architecture-of.js';
import type { EncoderConfig } from '../config/encoder-config.js';
import { embeddingName, layerPartName } from '../transformer/architecture.js';
import type { Architecture, LayerNames } from '../transformer/architecture.js';
import { readsPooler } from '../transformer/pooling.js';
import type { Pooling } from '../transformer/pooling.js';
import { maskedScore } from '../transformer/sequence-classifier.js';

/** The sides whose lengths a run decides. */
const tokens = ['batch_size', 'sequence_length'] as const;

/**
 * The model as a file's bytes.
 * @param weights every parameter of the model by its checkpoint name, adapters folded in
 * @throws when a weight is missing, or the model takes more than an ONNX file can hold, 2 GiB
 */
export function onnxGraph(
  config: EncoderConfig,
  pooling: Pooling,
  weights: ReadonlyMap<string, TensorData>,
): Uint8Array {
  const graph = new EncoderGraph(config, weights);
  const ids = graph.input('input_ids');
  const mask = graph.visible(graph.input('attention_mask'));
  const maskBias = graph.maskBias(mask);
  let hidden = graph.embed(ids);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) hidden = graph.layer(layer, hidden, maskBias);
  graph.classify(pooling === 'first' ? graph.firstToken(hidden) : graph.meanOfTokens(hidden, mask), pooling);
  return graph.finish();
}

/** Comments on values give their shapes: B examples, L tokens, H hidden size, A heads, W = H / A. */
class EncoderGraph {
  readonly #builder: OnnxBuilder;
  readonly #config: EncoderConfig;
  readonly #architecture: Architecture;
  readonly #weights: ReadonlyMap<string, TensorData>;
  readonly #constants = new Set<string>();

  constructor(config: EncoderConfig, weights: ReadonlyMap<string, TensorData>) {
    this.#builder = new OnnxBuilder(config.modelType);
    this.#config = config;
    this.#architecture = architectureOf(config);
    this.#weights = weights;
  }

  finish(): Uint8Array {
    return this.#builder.finish();
  }

  /** An int64 input [B, L]. */
  input(name: string): string {
    return this.#builder.input(name, { type: 'int64', shape: tokens });
  }

  /** The attention mask as floats, 1 for tokens [B, L]. */
  visible(mask: string): string {
    return this.#builder.node('mask.visible', 'Cast', [mask], { to: 'float32' });
  }

  /** What hides padding from attention [B, 1, 1, L]. */
  maskBias(visible: string): string {
    const builder = this.#builder;
    const hidden = builder.node('mask.hidden', 'Sub', [this.#number(1), visible]);
    const bias = builder.node('mask.bias', 'Mul', [hidden, this.#number(maskedScore)]);
    return builder.node('mask.broadcast', 'Unsqueeze', [bias, this.#int64s([1, 2])]);
  }

  /** The embeddings' output [B, L, H]. */
  embed(ids: string): string {
    const builder = this.#builder;
    const { prefix, tokenTypes } = this.#architecture;
    const at = `${prefix}.embeddings`;
    const table = (part: 'word_embeddings' | 'position_embeddings' | 'token_type_embeddings'): string =>
      this.#weight(`${embeddingName(this.#architecture, part)}.weight`);
    let sum = builder.node(`${at}.words`, 'Gather', [table('word_embeddings'), ids]);
    if (tokenTypes !== 'none') {
      // [B, L, H], or [H] where every token is of type 0
      const types = tokenTypes === 'given' ? this.input('token_type_ids') : this.#int64(0);
      const typed = builder.node(`${at}.types`, 'Gather', [table('token_type_embeddings'), types]);
      sum = builder.node(`${at}.typed`, 'Add', [sum, typed]);
    }
    const positions = builder.node(`${at}.positions`, 'Gather', [
      table('position_embeddings'),
      this.#positionIds(ids),
    ]);
    sum = builder.node(`${at}.sum`, 'Add', [sum, positions]);
    return this.#norm(embeddingName(this.#architecture, 'LayerNorm'), sum);
  }

  /** One transformer layer, post-norm: [B, L, H] → [B, L, H]. */
  layer(index: number, x: string, maskBias: string): string {
    const builder = this.#builder;
    const part = (name: keyof LayerNames): string => layerPartName(this.#architecture, index, name);
    const attended = this.#linear(part('attentionOutput'), this.#attend(index, x, maskBias));
    const attendedSum = builder.node(`${part('attentionOutput')}.residual`, 'Add', [attended, x]);
    const middle = this.#norm(part('attentionNorm'), attendedSum);
    const intermediate = part('intermediate');
    const expanded = this.#activate(`${intermediate}.activation`, this.#linear(intermediate, middle)); // [B, L, ffn]
    const contracted = this.#linear(part('output'), expanded);
    const contractedSum = builder.node(`${part('output')}.residual`, 'Add', [contracted, middle]);
    return this.#norm(part('outputNorm'), contractedSum);
  }

  /** [B, L, H] → [B, H] */
  firstToken(hidden: string): string {
    return this.#builder.node('pooled.first', 'Gather', [hidden, this.#int64(0)], { axis: 1 });
  }

  /** [B, L, H] → [B, H], the mean over the tokens that are no padding. */
  meanOfTokens(hidden: string, visible: string): string {
    const builder = this.#builder;
    const count = builder.node('pooled.count', 'ReduceSum', [visible, this.#int64s([1])], { keepdims: 1 });
    const shares = builder.node('pooled.shares', 'Div', [visible, count]);
    const row = builder.node('pooled.row', 'Unsqueeze', [shares, this.#int64s([1])]); // [B, 1, L]
    const mean = builder.node('pooled.mean', 'MatMul', [row, hidden]); // [B, 1, H]
    return builder.node('pooled.squeezed', 'Squeeze', [mean, this.#int64s([1])]);
  }

  /** The head: [B, H] → `logits` [B, outputs]. */
  classify(pooled: string, pooling: Pooling): void {
    const builder = this.#builder;
    const { head } = this.#architecture;
    const features = readsPooler(head, pooling)
      ? builder.node(`${head.dense}.activation`, head.activation === 'tanh' ? 'Tanh' : 'Relu', [
          this.#linear(head.dense, pooled),
        ])
      : pooled;
    const logits = this.#linear(head.output, features);
    const outputs = this.#tensor(`${head.output}.bias`).data.length;
    builder.output(builder.node('logits', 'Identity', [logits]), {
      type: 'float32',
      shape: [tokens[0], outputs],
    });
  }

  /** Row of the position table for every token: [B, L], or [L] where every row has the same. */
  #positionIds(ids: string): string {
    return this.#architecture.positions === 'from-zero'
      ? this.#positionsFromZero(ids)
      : this.#positionsAfterPadding(ids);
  }

  /** 0, 1, …, L − 1 */
  #positionsFromZero(ids: string): string {
    const builder = this.#builder;
    const shape = builder.node('positions.shape', 'Shape', [ids]);
    const length = builder.node('positions.length', 'Gather', [shape, this.#int64(1)]);
    return builder.node('positions.ids', 'Range', [this.#int64(0), length, this.#int64(1)]);
  }

  /** Tokens that are no padding count from padTokenId + 1; padding has position padTokenId. */
  #positionsAfterPadding(ids: string): string {
    const builder = this.#builder;
    const padding = this.#int64(this.#config.padTokenId);
    const isPadding = builder.node('positions.padding', 'Equal', [ids, padding]);
    const isToken = builder.node('positions.tokens', 'Not', [isPadding]);
    const ones = builder.node('positions.ones', 'Cast', [isToken], { to: 'int64' });
    const counted = builder.node('positions.counted', 'CumSum', [ones, this.#int64(1)]);
    const shown = builder.node('positions.shown', 'Mul', [counted, ones]);
    return builder.node('positions.ids', 'Add', [shown, padding]);
  }

  /** Scaled dot-product attention of all heads [B, L, H], without the output projection. */
  #attend(index: number, x: string, maskBias: string): string {
    const builder = this.#builder;
    const { numAttentionHeads: heads, hiddenSize } = this.#config;
    const width = hiddenSize / heads;
    const { prefix, layers } = this.#architecture;
    const at = `${prefix}.${layers}.${index}.attention`;
    const split = (part: 'query' | 'key' | 'value', perm: readonly number[]): string => {
      const name = layerPartName(this.#architecture, index, part);
      const shape = this.#int64s([0, 0, heads, width]);
      const rows = builder.node(`${name}.heads`, 'Reshape', [this.#linear(name, x), shape]); // [B, L, A, W]
      return builder.node(`${name}.split`, 'Transpose', [rows], { perm });
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
    const builder = this.#builder;
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
    return this.#builder.node(
      name,
      'LayerNormalization',
      [x, this.#weight(`${name}.weight`), this.#weight(`${name}.bias`)],
      { axis: -1, epsilon: { float: this.#config.layerNormEps } },
    );
  }

  /** gelu(x) = x/2 (1 + erf(x/√2)), in the operators that runtimes know to fuse. */
  #activate(name: string, x: string): string {
    const builder = this.#builder;
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
    return this.#builder.tensor(name, { type: 'float32', shape }, data);
  }

  #number(value: number): string {
    return this.#constant(`number.${value}`, (name) =>
      this.#builder.tensor(name, { type: 'float32', shape: [] }, Float32Array.of(value)),
    );
  }

  #int64(value: number): string {
    return this.#constant(`integer.${value}`, (name) =>
      this.#builder.tensor(name, { type: 'int64', shape: [] }, BigInt64Array.of(BigInt(value))),
    );
  }

  #int64s(values: readonly number[]): string {
    return this.#constant(`integers.${values.join('.')}`, (name) =>
      this.#builder.tensor(
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
