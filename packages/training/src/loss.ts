/** Training losses: mean cross entropy for classes, mean squared error for scores. */
import * as tf from '@tensorflow/tfjs';

export type Objective = 'classification' | 'regression';

/** One loss an example [batch]. */
function exampleLosses(objective: Objective, logits: tf.Tensor2D, labels: tf.Tensor): tf.Tensor {
  if (objective === 'regression') return tf.square(tf.sub(logits.reshape([-1]), labels));
  const target = tf.oneHot(tf.cast(labels, 'int32').as1D(), logits.shape[1]); // [batch, outputs]
  return tf.neg(tf.sum(tf.mul(tf.cast(target, 'float32'), tf.logSoftmax(logits)), 1));
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
