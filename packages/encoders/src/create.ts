/** Encoders with random weights, as training from scratch begins: for tests, benchmarks and one's own pre-training. */
import type { Parameter } from '@ggm-peft/adapters';
import { normals, seededGenerator } from '@ggm-peft/random';
import * as tf from '@tensorflow/tfjs';

import type { EncoderConfig } from './config/encoder-config.js';
import type { RobertaConfig } from './roberta/config.js';
import { RobertaForSequenceClassification } from './roberta/model.js';
import { sequenceClassifierOf } from './sequence-classifier-of.js';
import { requirePooling } from './transformer/pooling.js';
import type { Pooling } from './transformer/pooling.js';
import type { EncoderForSequenceClassification } from './transformer/sequence-classifier.js';
import { modelWeights } from './transformer/weights.js';
import type { WeightSpec } from './transformer/weights.js';

export interface CreateOptions {
  /** Outputs of the head: number of classes, or 1 for regression. */
  readonly outputs: number;
  /** Seed of the weights, an integer; default 0. */
  readonly seed?: number;
  /** What the head reads: `first`, the first token's state (default), or `mean`, that of all tokens. */
  readonly pooling?: Pooling;
}

/**
 * Draws a model as Hugging Face initialises one: matrices from N(0, initializerRange²), biases zero, scales of layer
 * normalisation one, the padding's embeddings zero.
 * @throws when outputs is out of range
 */
export function createEncoder(
  config: EncoderConfig,
  options: CreateOptions,
): EncoderForSequenceClassification {
  return sequenceClassifierOf(
    config,
    drawParameters('createEncoder', config, options),
    options.pooling ?? 'first',
  );
}

/** `createEncoder` for a RoBERTa. */
export function createRoberta(
  config: RobertaConfig,
  options: CreateOptions,
): RobertaForSequenceClassification {
  return new RobertaForSequenceClassification(
    config,
    drawParameters('createRoberta', config, options),
    options.pooling,
  );
}

function drawParameters(
  caller: string,
  config: EncoderConfig,
  { outputs, seed = 0, pooling = 'first' }: CreateOptions,
): Parameter[] {
  requireOutputs(caller, outputs);
  requirePooling(caller, pooling);
  const normal = normals(seededGenerator(seed));
  return modelWeights(config, outputs, pooling).map((spec) =>
    parameterOf(spec, initialValues(spec, config, normal)),
  );
}

/** A new tensor's values. */
export function initialValues(
  { shape, initial, zeroRow }: WeightSpec,
  { initializerRange, hiddenSize }: EncoderConfig,
  normal: () => number,
): Float32Array {
  const size = shape.reduce((product, side) => product * side, 1);
  if (initial !== 'normal') return new Float32Array(size).fill(initial === 'ones' ? 1 : 0);
  const values = Float32Array.from({ length: size }, () => initializerRange * normal());
  if (zeroRow !== undefined) values.fill(0, zeroRow * hiddenSize, (zeroRow + 1) * hiddenSize);
  return values;
}

/** A parameter whose variable outlives any tidy. */
export function parameterOf({ name, shape, role }: WeightSpec, values: Float32Array): Parameter {
  const variable = tf.tidy(() => tf.variable(tf.tensor(values, [...shape], 'float32')));
  return { name, variable, role };
}

/** @throws when it is no number of outputs */
export function requireOutputs(caller: string, outputs: number): void {
  if (!Number.isSafeInteger(outputs) || outputs < 1) {
    throw new Error(`${caller}: outputs must be an integer of at least 1; got ${outputs}`);
  }
}
