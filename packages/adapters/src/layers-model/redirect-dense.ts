/**
 * A tfjs Dense layer that computes with its adapter. Three methods are replaced, of this one layer and of its kernel alone:
 *
 * - the layer's `call` adds the pair's product, so that `predict` and `evaluate` see the adapter;
 * - the kernel's `read` gives the kernel with the product added, so that `getWeights` and `save` do;
 * - the kernel's `write` refuses, because under a pair the kernel holds what remains of the weight.
 *
 * Without a pair all three do what tfjs does.
 */
import * as tf from '@tensorflow/tfjs';

import type { Dense } from './dense.js';
import { activationOf } from './final-activation.js';
import type { ForwardPass } from './forward-pass.js';
import { onlyTensor } from './only-tensor.js';
import { replaceMethod } from './replace-method.js';

/**
 * @param isFinal whether the layer's activation is the one that logits are taken before
 * @returns what gives the layer back its own methods
 */
export function redirectDense(
  layer: tf.layers.Layer,
  kernel: tf.LayerVariable,
  dense: Dense,
  pass: ForwardPass,
  isFinal: boolean,
): () => void {
  const activation = activationOf(layer);
  const restoreCall = replaceMethod(layer, 'call', (original) => (inputs, kwargs) => {
    const linearOnly = isFinal && pass.logits;
    if (dense.pair === null && !linearOnly) return original.call(layer, inputs, kwargs);
    return tf.tidy(() => {
      layer['invokeCallHook'](inputs, kwargs);
      const y = dense.apply(onlyTensor(inputs), pass.dropout);
      return linearOnly || activation === null ? y : activation.apply(y);
    });
  });

  // What `read` gave last: tfjs's callers do not dispose of what they read.
  let read: tf.Tensor | null = null;
  const forget = (): void => {
    read?.dispose();
    read = null;
  };
  const restoreRead = replaceMethod(kernel, 'read', (original) => () => {
    forget();
    if (dense.pair === null) return original.call(kernel);
    read = tf.keep(dense.merged());
    return read;
  });
  const restoreWrite = replaceMethod(kernel, 'write', (original) => (value) => {
    if (dense.pair !== null) {
      throw new Error(`${dense.name}: the kernel carries an adapter; merge it before you set weights`);
    }
    return original.call(kernel, value);
  });
  return () => {
    forget();
    restoreCall();
    restoreRead();
    restoreWrite();
  };
}
