/** A batch on the engine. */
import * as tf from '@tensorflow/tfjs';

import type { LabelledBatch } from './batches.js';

/** Names that a step's inputs have besides the model's. */
const ownNames: readonly string[] = ['labels', 'weights'];

/** A batch's inputs and labels on the engine; the caller disposes of them. Throws as `inputTensors` does. */
export function batchTensors({ inputs, labels }: LabelledBatch): Record<string, tf.Tensor> {
  return { ...inputTensors(inputs), labels: tf.tensor1d(labels, 'float32') };
}

/**
 * A batch's inputs on the engine; the caller disposes of them.
 * @throws when an input has a name that the trainer needs, or its values do not fill its shape
 */
export function inputTensors(inputs: LabelledBatch['inputs']): Record<string, tf.Tensor> {
  const taken = Object.keys(inputs).find((name) => ownNames.includes(name));
  if (taken !== undefined) throw new Error(`batchTensors: no input may be called ${taken}`);
  return tf.tidy(() =>
    Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape }]) => [
        name,
        tf.tensor(data, [...shape], data instanceof Float32Array ? 'float32' : 'int32'),
      ]),
    ),
  );
}
