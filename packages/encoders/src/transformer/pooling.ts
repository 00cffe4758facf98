/** One state for a text: what the head reads of the last layer. */
import * as tf from '@tensorflow/tfjs';

import type { HeadDesign } from './architecture.js';

/**
 * `first`: the first token's state, as the architectures here have it; `mean`: the mean of the states of all tokens that are
 * no padding.
 */
export type Pooling = 'first' | 'mean';

export const poolings: readonly Pooling[] = ['first', 'mean'];

/** Whether the head has its dense layer: BERT's was pre-trained for the first token and is left out of a mean. */
export function readsPooler({ denseRole }: HeadDesign, pooling: Pooling): boolean {
  return pooling === 'first' || denseRole === 'head';
}

/** @throws when it is no way of pooling */
export function requirePooling(caller: string, pooling: Pooling): void {
  if (poolings.includes(pooling)) return;
  throw new Error(`${caller}: pooling must be ${poolings.join(' or ')}; got ${JSON.stringify(pooling)}`);
}

/** [batch, length, hidden] → [batch, 1, hidden] */
export function firstToken(hidden: tf.Tensor): tf.Tensor {
  const [batch = 0, , width = 0] = hidden.shape;
  return hidden.slice([0, 0, 0], [batch, 1, width]);
}

/**
 * @param hidden [batch, length, hidden]; padding may hold anything finite
 * @param attentionMask int32 [batch, length], 1 for tokens, 0 for padding
 * @returns [batch, 1, hidden]
 */
export function meanOfTokens(hidden: tf.Tensor, attentionMask: tf.Tensor): tf.Tensor {
  const visible = tf.cast(attentionMask, 'float32');
  const shares = tf.div(visible, tf.sum(visible, 1, true)).expandDims(1); // [batch, 1, length]
  return tf.matMul(shares, hidden);
}
