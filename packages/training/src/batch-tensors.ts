/** A batch on the engine. */
import * as tf from '@tensorflow/tfjs';

import type { LabelledBatch } from './batches.js';

/** Names that a step's inputs have besides the model's. */
const ownNames: readonly string[] = ['labels', 'weights'];

/**
 * A batch's arrays on the engine; the caller disposes of them.
 * @throws when an input has a name that the trainer needs, or its values do not fill its shape
 */
export function batchTensors({ inputs, labels }: LabelledBatch): Record<string, tf.Tensor> {
  const taken = Object.keys(inputs).find((name) => ownNames.includes(name));
  if (taken !== undefined) throw new Error(`batchTensors: no input may be called ${taken}`);
  return tf.tidy(() => {
    const tensors: Record<string, tf.Tensor> = { labels: tf.tensor1d(labels, 'float32') };
    for (const [name, { data, shape }] of Object.entries(inputs)) {
      tensors[name] = tf.tensor(data, [...shape], data instanceof Float32Array ? 'float32' : 'int32');
    }
    return tensors;
  });
}
