/** The weights of scaled dot-product attention (Vaswani et al. 2017, arXiv 1706.03762): softmax(scale · q kᵀ + bias). */
import * as tf from '@tensorflow/tfjs';
import { isRecording, recordedOne } from './recorded.js';
import { withGradient } from './with-gradient.js';

/** A sum over the axes along which a tensor of this shape was repeated. */
function sumTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], x.shape);
  return (axes.length === 0 ? x : tf.sum(x, axes)).reshape([...shape]);
}

function computed(query: tf.Tensor, key: tf.Tensor, bias: tf.Tensor, scale: number): tf.Tensor {
  return tf.softmax(tf.add(tf.mul(tf.matMul(query, key, false, true), scale), bias));
}

/**
 * @param query [..., queries, width], float32
 * @param key [..., keys, width]
 * @param bias added to the scores; broadcasts to [..., queries, keys]. Large negative numbers hide keys
 * @param scale usually 1/√width
 * @returns [..., queries, keys]; each row sums to 1
 */
export function attentionWeights(
  query: tf.Tensor,
  key: tf.Tensor,
  bias: tf.Tensor,
  scale: number,
): tf.Tensor {
  if (!isRecording()) return computed(query, key, bias, scale);
  return withGradient([query, key, bias], () => {
    const weights = computed(query, key, bias, scale);
    return {
      value: weights,
      saved: { query, key, weights },
      gradients: (dy, saved) => {
        const scores = recordedOne('FusedSoftmaxGradient', { y: saved.weights, dy });
        return [
          tf.mul(tf.matMul(scores, saved.key), scale),
          tf.mul(tf.matMul(scores, saved.query, true, false), scale),
          sumTo(scores, bias.shape),
        ];
      },
    };
  });
}
