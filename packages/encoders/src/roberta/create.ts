/** A RoBERTa with random weights, as training from scratch begins: for tests, benchmarks and one's own pre-training. */
import type { Parameter, ParameterRole } from '@ggm-peft/adapters';
import { normals, seededGenerator } from '@ggm-peft/random';
import * as tf from '@tensorflow/tfjs';

import type { RobertaConfig } from './config.js';
import { RobertaForSequenceClassification } from './model.js';
import { encoderWeights, headWeights } from './weights.js';
import type { WeightSpec } from './weights.js';

export interface CreateOptions {
  /** Outputs of the head: number of classes, or 1 for regression. */
  readonly outputs: number;
  /** Seed of the weights, an integer; default 0. */
  readonly seed?: number;
}

/**
 * Draws a model as Hugging Face initialises one: matrices from N(0, initializerRange²), biases zero, scales of layer
 * normalisation one, the padding's embeddings zero.
 * @throws when outputs is out of range
 */
export function createRoberta(
  config: RobertaConfig,
  { outputs, seed = 0 }: CreateOptions,
): RobertaForSequenceClassification {
  requireOutputs('createRoberta', outputs);
  const normal = normals(seededGenerator(seed));
  const parameters = (specs: readonly WeightSpec[], role: ParameterRole): Parameter[] =>
    specs.map((spec) => parameterOf(spec, initialValues(spec, config, normal), role));
  return new RobertaForSequenceClassification(config, [
    ...parameters(encoderWeights(config), 'encoder'),
    ...parameters(headWeights(config, outputs), 'head'),
  ]);
}

/** A new tensor's values. */
export function initialValues(
  { name, shape }: WeightSpec,
  { initializerRange, padTokenId, hiddenSize }: RobertaConfig,
  normal: () => number,
): Float32Array {
  const size = shape.reduce((product, side) => product * side, 1);
  if (shape.length === 1) return new Float32Array(size).fill(name.endsWith('LayerNorm.weight') ? 1 : 0);
  const values = Float32Array.from({ length: size }, () => initializerRange * normal());
  if (/\.(word|position)_embeddings\.weight$/.test(name)) {
    values.fill(0, padTokenId * hiddenSize, (padTokenId + 1) * hiddenSize);
  }
  return values;
}

/** A parameter whose variable outlives any tidy. */
export function parameterOf(
  { name, shape }: WeightSpec,
  values: Float32Array,
  role: ParameterRole,
): Parameter {
  const variable = tf.tidy(() => tf.variable(tf.tensor(values, [...shape], 'float32')));
  return { name, variable, role };
}

/** @throws when it is no number of outputs */
export function requireOutputs(caller: string, outputs: number): void {
  if (!Number.isSafeInteger(outputs) || outputs < 1) {
    throw new Error(`${caller}: outputs must be an integer of at least 1; got ${outputs}`);
  }
}
