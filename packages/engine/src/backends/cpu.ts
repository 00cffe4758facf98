/**
 * tfjs's own backend in plain JavaScript: always there, for checking the others.
 *
 * One kernel is replaced: tfjs's UnsortedSegmentSum goes over all rows once for every segment, so that one gradient of an
 * embedding table of 8,192 words takes minutes. Here it takes one pass.
 */
import * as tf from '@tensorflow/tfjs';
import { addSegmentSums } from '../segment-sums.js';
import { eagerSteps } from '../steps/eager.js';
import type { Backend } from './backend.js';

const backendName = 'cpu';

function segmentSumKernel(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (parameters) => {
      const { x, segmentIds } = parameters.inputs;
      const numSegments = parameters.attrs?.['numSegments'];
      const [count = 0, ...rest] = x?.shape ?? [];
      const fits = segmentIds?.shape.length === 1 && segmentIds.shape[0] === count;
      if (x?.dtype !== 'float32' || typeof numSegments !== 'number' || !fits) {
        return original.kernelFunc(parameters);
      }
      const backend = tf.backend();
      const shape = [numSegments, ...rest];
      const sums = new Float32Array(tf.util.sizeFromShape(shape));
      const ids = numbers(backend.readSync(segmentIds.dataId));
      addSegmentSums(numbers(backend.readSync(x.dataId)), ids, sums, tf.util.sizeFromShape(rest));
      return { dataId: backend.write(sums, shape, x.dtype), shape, dtype: x.dtype };
    },
  };
}

function numbers(values: tf.backend_util.BackendValues): ArrayLike<number> {
  if (ArrayBuffer.isView(values)) return values;
  throw new Error('UnsortedSegmentSum: expected numbers; received strings');
}

export const cpuBackend: Backend = {
  provider: 'tfjs, plain JavaScript',
  weights: ['float32'],
  threads: () => 1,
  probe() {
    const description = `plain JavaScript, one thread, tfjs ${tf.version_core}; correct but slow`;
    return Promise.resolve({ works: true, description, eligible: true });
  },
  async start() {
    if (!(await tf.setBackend(backendName))) throw new Error('startEngine: tfjs refused its cpu backend');
    const original = tf.getKernel(tf.UnsortedSegmentSum, backendName);
    const replace = (kernel: tf.KernelConfig): void => {
      tf.unregisterKernel(tf.UnsortedSegmentSum, backendName);
      tf.registerKernel(kernel);
    };
    replace(segmentSumKernel(original));
    // tfjs stays on this backend, with its own kernels
    return {
      backendName,
      steps: eagerSteps,
      stop: () => {
        replace(original);
      },
    };
  },
};
