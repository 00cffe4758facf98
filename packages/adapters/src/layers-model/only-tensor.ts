import type * as tf from '@tensorflow/tfjs';

/** The input of a layer that takes one: tfjs hands it on alone or in a list. */
export function onlyTensor(inputs: tf.Tensor | readonly tf.Tensor[]): tf.Tensor {
  const [x, ...more] = 'length' in inputs ? inputs : [inputs];
  if (x === undefined || more.length > 0) {
    throw new Error(
      `adaptLayersModel: the layer takes one tensor; got ${more.length + Number(x !== undefined)}`,
    );
  }
  return x;
}
