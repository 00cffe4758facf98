/**
 * tf.addN on tfjs's webgpu backend. Its kernel binds all addends to one shader at once; from the eighth on, WebGPU refuses
 * the shader, tfjs prints that and goes on with zeros: a gradient's norm, and so its clipping, would be wrong in silence.
 * Here they are added in groups that fit.
 */
import * as tf from '@tensorflow/tfjs';

const backendName = 'webgpu';

/** Storage buffers of a shader that every WebGPU device has, and tfjs asks for no more; one is for the sum. */
const mostAddends = 8 - 1;

const inGroups = (original: tf.KernelConfig): tf.KernelConfig => ({
  ...original,
  kernelFunc: (parameters) => {
    const add = (addends: readonly (tf.TensorInfo | undefined)[]): tf.TensorInfo => {
      // tfjs passes addN's list of tensors as if it were a record of them
      const inputs = addends as unknown as tf.NamedTensorInfoMap;
      const sum = original.kernelFunc({ ...parameters, inputs });
      if (Array.isArray(sum)) throw new Error('addN: the kernel must give one sum; got several');
      return sum;
    };
    const addends = Object.values(parameters.inputs);
    let sum = add(addends.slice(0, mostAddends));
    for (let from = mostAddends; from < addends.length; from += mostAddends - 1) {
      const partial = sum;
      sum = add([partial, ...addends.slice(from, from + mostAddends - 1)]);
      tf.backend().disposeData(partial.dataId);
    }
    return sum;
  },
});

/** Replaces the kernel, and returns what puts tfjs's own back. */
export function repairAddN(): () => void {
  const original = tf.getKernel(tf.AddN, backendName);
  const use = (kernel: tf.KernelConfig): void => {
    tf.unregisterKernel(tf.AddN, backendName);
    tf.registerKernel(kernel);
  };
  use(inGroups(original));
  return () => {
    use(original);
  };
}
