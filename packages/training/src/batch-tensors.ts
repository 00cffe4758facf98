/** A batch on the engine. */
import * as tf from '@tensorflow/tfjs';

import type { LabelledBatch } from './batches.js';

/** A batch's arrays on the engine; the caller disposes of them. */
export function batchTensors({ inputs, labels }: LabelledBatch): Record<string, tf.Tensor> {
  const tensors: Record<string, tf.Tensor> = { labels: tf.tensor1d(labels, 'float32') };
  for (const [name, { data, shape }] of Object.entries(inputs)) {
    tensors[name] = tf.tensor(data, [...shape], 'int32');
  }
  return tensors;
}
