/** tfjs tensors as ONNX Runtime's: the same array, without a copy, where tfjs has it on the host in the right type. */
import type * as ort from 'onnxruntime-node';
import type * as tf from '@tensorflow/tfjs';
import { elementType } from '../trace/trace.js';
import type { OnnxRuntime } from './onnx-runtime.js';

export type TensorReader<T extends tf.Tensor = tf.Tensor> = (tensor: T) => Promise<ort.Tensor>;

/** tfjs's cpu backend keeps the array when it widens a type: a float32 tensor may come as an Int32Array. */
function ofType(
  type: 'float32' | 'int32' | 'bool',
  data: Float32Array | Int32Array | Uint8Array,
): Float32Array | Int32Array | Uint8Array {
  const array = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type];
  return data instanceof array ? data : array.from(data);
}

export function tensorReader(runtime: OnnxRuntime): TensorReader {
  return async (tensor) => {
    const type = elementType(tensor.dtype, 'a tensor');
    const data: unknown = await tensor.data();
    if (!(data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array))
      throw new Error(`run: a tensor's values must be a typed array; got ${typeof data}`);
    return new runtime.Tensor(type, ofType(type, data), tensor.shape);
  };
}
