/**
 * A table of embeddings, W [entries, width]. Its components give every entry r numbers of its own (its row of A) that
 * move it along r directions which all entries share (the rows of B):
 *
 *   y = W[ids, :] + s A[ids, :] diag(λ) B
 */
import * as tf from '@tensorflow/tfjs';

import { AdaptableLayer, weightedRows } from './adaptable-layer.js';
import type { Parameter } from './parameter.js';

export class Embedding extends AdaptableLayer {
  /**
   * @param name the table's name in the checkpoint, without `.weight`
   * @param weight W [entries, width]
   */
  constructor(name: string, weight: Parameter) {
    super(name, weight, null);
  }

  /**
   * @param ids int32 [...], each in 0..entries − 1
   * @returns [..., width]
   */
  lookUp(ids: tf.Tensor): tf.Tensor {
    const { pair } = this;
    const rows = tf.gather(this.weight.variable, ids); // [..., width]
    if (pair === null) return rows;
    const entries = tf.gather(pair.a, ids).reshape([-1, ...pair.b.shape.slice(0, 1)]); // [n, r]
    return tf.add(rows, tf.matMul(entries, weightedRows(pair)).reshape(rows.shape)); // [..., width]
  }
}
