/** A linear layer: y = x (W + s A diag(λ) B)ᵀ + b. */
import * as tf from '@tensorflow/tfjs';

import { AdaptableLayer, weightedRows } from './adaptable-layer.js';
import { mergedProduct, mergingPays } from './low-rank-product.js';
import type { DropoutSource } from './model.js';

export class Linear extends AdaptableLayer {
  /**
   * @param x [..., in]
   * @param dropout masks for what enters the pair, at the pair's own rate; null, the default, switches them off
   * @returns y [..., out]
   */
  apply(x: tf.Tensor, dropout: DropoutSource | null = null): tf.Tensor {
    const rows = x.as2D(x.size / this.inFeatures, this.inFeatures); // [n, in]
    const product = this.#product(rows, dropout); // [n, out]
    const y = this.bias === null ? product : tf.add(product, this.bias.variable);
    return y.reshape([...x.shape.slice(0, -1), this.outFeatures]);
  }

  #product(x: tf.Tensor2D, dropout: DropoutSource | null): tf.Tensor {
    const { pair, inFeatures, outFeatures } = this;
    const w = this.weight.variable;
    if (pair === null) return tf.matMul(x, w, false, true);
    const { a, dropout: rate = 0 } = pair;
    const b = weightedRows(pair); // [r, in]
    const masked = dropout === null || rate === 0 ? x : dropout.apply(x, rate);
    // W sees x whole, the pair sees it masked: their sum cannot be multiplied by one of them.
    if (masked === x && mergingPays({ rows: x.shape[0], inFeatures, outFeatures })) {
      return mergedProduct({ x, w, a, b });
    }
    const projected = tf.matMul(masked, b, false, true); // [n, r]
    return tf.add(tf.matMul(x, w, false, true), tf.matMul(projected, a, false, true));
  }
}
