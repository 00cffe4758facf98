/** Training losses: mean cross entropy for classes, mean squared error for scores. */
import * as tf from '@tensorflow/tfjs';

export const objectives = ['classification', 'regression'] as const;
export type Objective = (typeof objectives)[number];

/** One loss an example [batch]; NaN for a label that is none of the classes. */
function exampleLosses(objective: Objective, logits: tf.Tensor2D, labels: tf.Tensor): tf.Tensor {
  if (objective === 'regression') return tf.square(tf.sub(logits.reshape([-1]), labels));
  const classes = tf.oneHot(tf.cast(labels, 'int32').as1D(), logits.shape[1]);
  const target = tf.cast(classes, 'float32'); // [batch, outputs]
  // Divided by the sum of its row, which is 1, or 0 where the label is none of the classes.
  return tf.div(tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1)), tf.sum(target, 1));
}

/**
 * @param logits [batch, outputs]; one output for regression
 * @param labels class indices or scores, float32 [batch]
 * @param weights what each example's loss is multiplied by before they are added up [batch]; default 1 / batch
 * @returns a scalar
 */
export function taskLoss(
  objective: Objective,
  logits: tf.Tensor2D,
  labels: tf.Tensor,
  weights?: tf.Tensor,
): tf.Scalar {
  const losses = exampleLosses(objective, logits, labels);
  return weights === undefined ? tf.mean(losses) : tf.sum(tf.mul(losses, weights));
}
