/** A training step's worth of ops: embedding, attention, layer norm, GELU, dropout, cross-entropy, with gradients. */
import type { RandomStream } from '@ggm-peft/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { values } from './product.js';

const vocabulary = 13;
const hidden = 8;
const heads = 2;
const classes = 3;
const batch = 3;
const length = 5;

/** The step's streams: the same masks every time. */
export const smallStreams = { dropout: { seed: 5 } };

/** The parameters' values by name, the same every time. */
const parameterShapes = {
  embedding: [vocabulary, hidden],
  queryKeyValue: [hidden, 3 * hidden],
  bias: [3 * hidden],
  output: [hidden, hidden],
  scale: [hidden],
  up: [hidden, 2 * hidden],
  down: [2 * hidden, hidden],
  head: [hidden, classes],
} as const;
type Parameter = keyof typeof parameterShapes;

export type Weights = Record<Parameter, tf.Tensor>;
const parameterNames = [
  'embedding',
  'queryKeyValue',
  'bias',
  'output',
  'scale',
  'up',
  'down',
  'head',
] as const;

export function smallWeights(): Weights {
  const weight = (name: Parameter): tf.Tensor => {
    const shape = [...parameterShapes[name]];
    const size = shape.reduce((product, x) => product * x, 1);
    return tf.tensor(values(size, name.length * 77 + size), shape);
  };
  return {
    embedding: weight('embedding'),
    queryKeyValue: weight('queryKeyValue'),
    bias: weight('bias'),
    output: weight('output'),
    scale: weight('scale'),
    up: weight('up'),
    down: weight('down'),
    head: weight('head'),
  };
}

export interface Batch {
  readonly ids: tf.Tensor;
  readonly mask: tf.Tensor;
  readonly labels: tf.Tensor;
}

export function smallBatch(): Batch {
  const ids = Array.from({ length: batch * length }, (_, i) => (i * 7) % vocabulary);
  return {
    ids: tf.tensor(ids, [batch, length], 'int32'),
    mask: tf.tensor([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0], [batch, 1, 1, length]),
    labels: tf.tensor([0, 2, 1], [batch], 'int32'),
  };
}

function layerNorm(x: tf.Tensor, scale: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5))), scale);
}

function gelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2))));
}

export function smallLoss(weights: Weights, { ids, mask, labels }: Batch, dropout: RandomStream): tf.Scalar {
  const size = hidden / heads;
  const embedded = tf.gather(weights.embedding, tf.cast(ids, 'int32')); // [batch, length, hidden]
  const qkv = tf.add(
    tf.matMul(tf.reshape(embedded, [batch * length, hidden]), weights.queryKeyValue),
    weights.bias,
  );
  const [q, k, v] = tf
    .split(qkv, 3, -1)
    .map((part) => tf.transpose(tf.reshape(part, [batch, length, heads, size]), [0, 2, 1, 3])); // [batch, heads, length, size]
  if (q === undefined || k === undefined || v === undefined) throw new Error('split must give three parts');
  const logits = tf.div(tf.matMul(q, k, false, true), Math.sqrt(size)); // [batch, heads, length, length]
  const masked = tf.add(logits, tf.mul(tf.sub(1, mask), -1e9));
  const context = tf.reshape(tf.transpose(tf.matMul(tf.softmax(masked), v), [0, 2, 1, 3]), [
    batch * length,
    hidden,
  ]);
  const dropped = dropout.apply(tf.matMul(context, weights.output), 0.1);
  const normed = layerNorm(tf.add(dropped, tf.reshape(embedded, [batch * length, hidden])), weights.scale);
  const expanded = gelu(tf.matMul(normed, weights.up));
  const states = tf.add(tf.matMul(expanded, weights.down), normed);
  const first = tf.reshape(
    tf.slice(tf.reshape(states, [batch, length, hidden]), [0, 0, 0], [batch, 1, hidden]),
    [batch, hidden],
  );
  const scores = tf.logSoftmax(tf.matMul(tf.tanh(first), weights.head)); // [batch, classes]
  const chosen = tf.sum(tf.mul(tf.oneHot(tf.cast(labels, 'int32'), classes), scores), -1);
  return tf.neg(tf.mean(chosen));
}

/** The loss and its gradient by every parameter, by name. */
export function smallGradients(
  weights: Weights,
  batchOfExamples: Batch,
  dropout: RandomStream,
): Record<string, tf.Tensor> {
  const { value, grads } = tf.valueAndGrads((...parameters: tf.Tensor[]) => {
    const named: Weights = { ...weights };
    parameterNames.forEach((name, i) => {
      const parameter = parameters[i];
      if (parameter !== undefined) named[name] = parameter;
    });
    return smallLoss(named, batchOfExamples, dropout);
  })(parameterNames.map((name) => weights[name]));
  return {
    loss: value,
    ...Object.fromEntries(parameterNames.map((name, i) => [`grad.${name}`, grads[i] ?? tf.scalar(NaN)])),
  };
}
