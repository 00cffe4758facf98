/** A tensor's values on the host: float32, row-major, with its shape. */
import type * as tf from '@tensorflow/tfjs';
import { concat, tensor as makeTensor, tidy } from '@tensorflow/tfjs';

export interface TensorData {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Reads one tensor from the engine. */
export async function readTensor(tensor: tf.Tensor): Promise<TensorData> {
  return { shape: [...tensor.shape], data: Float32Array.from(await tensor.data()) };
}

/**
 * Reads several tensors in one transfer, laid end to end in the order given. On a GPU one read of a long vector is
 * far cheaper than many reads of short ones.
 */
export async function readFlat(tensors: readonly tf.Tensor[]): Promise<Float32Array> {
  if (tensors.length === 0) return new Float32Array(0);
  const flat = tidy(() => concat(tensors.map((tensor) => tensor.reshape([-1]))));
  try {
    return Float32Array.from(await flat.data());
  } finally {
    flat.dispose();
  }
}

/** Gives a variable new values from the host, row-major, as many as it has. */
export function assignValues(variable: tf.Variable, values: Float32Array): void {
  tidy(() => {
    variable.assign(makeTensor(values, variable.shape, 'float32'));
  });
}
