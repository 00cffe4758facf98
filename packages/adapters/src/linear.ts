/** A linear layer: y = x (W + A B)ᵀ + b. */
import * as tf from '@tensorflow/tfjs';

import { AdaptableLayer } from './adaptable-layer.js';
import { mergedProduct, mergingPays } from './low-rank-product.js';

export class Linear extends AdaptableLayer {
  /**
   * @param x [..., in]
   * @returns y [..., out]
   */
  apply(x: tf.Tensor): tf.Tensor {
    const rows = x.as2D(x.size / this.inFeatures, this.inFeatures); // [n, in]
    const product = this.#product(rows); // [n, out]
    const y = this.bias === null ? product : tf.add(product, this.bias.variable);
    return y.reshape([...x.shape.slice(0, -1), this.outFeatures]);
  }

  #product(x: tf.Tensor2D): tf.Tensor {
    const { pair, inFeatures, outFeatures } = this;
    const w = this.weight.variable;
    if (pair === null) return tf.matMul(x, w, false, true);
    const { a, b } = pair;
    if (mergingPays({ rows: x.shape[0], inFeatures, outFeatures })) return mergedProduct({ x, w, a, b });
    const projected = tf.matMul(x, b, false, true); // [n, r]
    return tf.add(tf.matMul(x, w, false, true), tf.matMul(projected, a, false, true));
  }
}
