/**
 * The linear part of a tfjs Dense layer, whose kernel lies as K [in, out]:
 *
 *   y = x (K + s (A diag(λ) B)ᵀ) + b,   A [out, r], B [r, in]
 */
import * as tf from '@tensorflow/tfjs';

import { AdaptableLayer, weightedRows } from '../adaptable-layer.js';
import type { DropoutSource } from '../model.js';
import type { Parameter } from '../parameter.js';

export class Dense extends AdaptableLayer {
  /**
   * @param name the layer's name in the model, nested models' names before it
   * @param kernel K [in, out]
   * @param bias b [out], or null for a layer without one
   */
  constructor(name: string, kernel: Parameter, bias: Parameter | null) {
    super(name, kernel, bias, 'in-out');
  }

  /**
   * @param x [..., in]
   * @param dropout masks for what enters the pair, at the pair's own rate; null switches them off
   * @returns y [..., out], before the activation
   */
  apply(x: tf.Tensor, dropout: DropoutSource | null = null): tf.Tensor {
    const { inFeatures, outFeatures, bias, pair } = this;
    const rows = x.as2D(x.size / inFeatures, inFeatures); // [n, in]
    let product: tf.Tensor = tf.matMul(rows, this.weight.variable); // [n, out]
    if (pair !== null) {
      const { a, dropout: rate = 0 } = pair;
      const masked = dropout === null || rate === 0 ? rows : dropout.apply(rows, rate);
      const projected = tf.matMul(masked, weightedRows(pair), false, true); // [n, r]
      product = tf.add(product, tf.matMul(projected, a as tf.Tensor2D, false, true));
    }
    const y = bias === null ? product : tf.add(product, bias.variable);
    return y.reshape([...x.shape.slice(0, -1), outFeatures]);
  }

  /** The kernel that the layer multiplies by, its pair's product added [in, out]: a new tensor. */
  merged(): tf.Tensor {
    return tf.tidy(() => {
      const { pair, weight } = this;
      if (pair === null) return weight.variable.clone();
      return tf.add(weight.variable, tf.matMul(weightedRows(pair), pair.a as tf.Tensor2D, true, true));
    });
  }
}
