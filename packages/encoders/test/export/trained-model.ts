/** Models as a fine-tuning leaves them, and batches for them. */
import { Linear } from '@ggm-peft/adapters';
import { normals, seededGenerator } from '@ggm-peft/random';
import * as tf from '@tensorflow/tfjs';

import { createEncoder, encoderInputs } from '../../src/index.js';
import type {
  EncoderConfig,
  EncoderForSequenceClassification,
  Pooling,
  TokenBatch,
} from '../../src/index.js';

export const smallConfig = {
  modelType: 'roberta',
  vocabSize: 50,
  hiddenSize: 24,
  numHiddenLayers: 2,
  numAttentionHeads: 3,
  intermediateSize: 40,
  maxPositionEmbeddings: 20,
  typeVocabSize: 2,
  layerNormEps: 1e-5,
  hiddenAct: 'gelu',
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.1,
  classifierDropout: 0.1,
  padTokenId: 1,
  initializerRange: 0.2,
} as const satisfies EncoderConfig;

/** A model with random weights, biases included, whose queries and word embeddings carry pairs of rank 3. */
export function trainedModel(
  config: EncoderConfig = smallConfig,
  outputs = 3,
  pooling: Pooling = 'first',
): EncoderForSequenceClassification {
  const model = createEncoder(config, { outputs, seed: 5, pooling });
  const normal = normals(seededGenerator(6));
  const random = (shape: readonly number[]): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((size, side) => size * side, 1) }, () => 0.2 * normal()),
      [...shape],
    );
  tf.tidy(() => {
    for (const { name, variable } of model.parameters) {
      if (name.endsWith('.bias')) variable.assign(random(variable.shape));
    }
  });
  for (const layer of model.layers) {
    if (layer instanceof Linear && !/\.(query|q_lin)$/.test(layer.name)) continue;
    const pair = tf.tidy(() => ({
      a: tf.variable(random([layer.outFeatures, 3])),
      b: tf.variable(random([3, layer.inFeatures])),
      diagonal: tf.variable(random([3])),
    }));
    layer.setPair({ ...pair, scale: 5 });
  }
  return model;
}

/** Rows of random tokens, each padded to the longest; the second half of a row is its second text. */
export function batchOf(
  lengths: readonly number[],
  { vocabSize, padTokenId }: EncoderConfig = smallConfig,
): TokenBatch {
  const length = Math.max(...lengths);
  const batch = lengths.length;
  const inputIds = new Int32Array(batch * length).fill(padTokenId);
  const attentionMask = new Int32Array(batch * length);
  const tokenTypeIds = new Int32Array(batch * length);
  const random = seededGenerator(batch * length);
  for (const [row, own] of lengths.entries()) {
    for (let column = 0; column < own; column++) {
      const i = row * length + column;
      inputIds[i] = padTokenId + 1 + random.below(vocabSize - padTokenId - 1);
      attentionMask[i] = 1;
      tokenTypeIds[i] = column < own / 2 ? 0 : 1;
    }
  }
  return { inputIds, attentionMask, tokenTypeIds, batch, length };
}

/** The model's logits for a batch, row-major. */
export async function logitsOf(
  model: EncoderForSequenceClassification,
  batch: TokenBatch,
): Promise<Float32Array> {
  const arrays = encoderInputs(batch, model.config);
  const logits = tf.tidy(() =>
    model.logits(
      Object.fromEntries(
        Object.entries(arrays).map(([name, { data, shape }]) => [name, tf.tensor(data, shape, 'int32')]),
      ),
      null,
    ),
  );
  const values = await logits.data<'float32'>();
  logits.dispose();
  return Float32Array.from(values);
}
