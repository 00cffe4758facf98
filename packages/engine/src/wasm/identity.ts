/**
 * tfjs's Identity, that is `clone`, on the wasm backend: another reference to the same data, as on tfjs's other backends,
 * where tfjs-backend-wasm copies. No kernel writes to its inputs, and the data lives until its last reference is disposed
 * of; so nobody can tell, but for the time: a gradient's tape clones every tensor that it saves.
 */
import type * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** @returns a tensor of x's data, type and shape */
export function identity(backend: BackendWasm, { dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  backend.incRef(dataId);
  return { dataId, shape, dtype };
}
