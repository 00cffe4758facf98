/** Training losses: mean cross entropy for classes, mean squared error for scores. */
import * as tf from '@tensorflow/tfjs';

export type Objective = 'classification' | 'regression';

/**
 * @param logits [batch, outputs]; one output for regression
 * @param labels class indices or scores, float32 [batch]
 * @returns a scalar
 */
export function taskLoss(objective: Objective, logits: tf.Tensor2D, labels: tf.Tensor): tf.Scalar {
  if (objective === 'regression') {
    return tf.mean(tf.square(tf.sub(logits.reshape([-1]), labels)));
  }
  const [batch, outputs] = logits.shape;
  const target = tf.cast(tf.oneHot(tf.cast(labels, 'int32').as1D(), outputs), 'float32'); // [batch, outputs]
  return tf.div(tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)))), batch);
}
