/** A linear layer: y = x Wᵀ + (x Bᵀ) Aᵀ + b. */
import * as tf from '@tensorflow/tfjs';

import { AdaptableLayer } from './adaptable-layer.js';

export class Linear extends AdaptableLayer {
  /**
   * @param x [..., in]
   * @returns y [..., out]
   */
  apply(x: tf.Tensor): tf.Tensor {
    const { pair } = this;
    const rows = x.reshape([-1, this.inFeatures]); // [n, in]
    let y = tf.matMul(rows, this.weight.variable, false, true); // [n, out]
    if (pair !== null) {
      const projected = tf.matMul(rows, pair.b, false, true); // [n, r]
      y = tf.add(y, tf.matMul(projected, pair.a, false, true)); // [n, out]
    }
    if (this.bias !== null) y = tf.add(y, this.bias.variable);
    return y.reshape([...x.shape.slice(0, -1), this.outFeatures]);
  }
}
