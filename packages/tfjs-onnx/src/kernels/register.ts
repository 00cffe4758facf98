/**
 * Registers the recording backend and its kernels with tfjs. Every kernel that tfjs's cpu backend has and this package
 * has not is registered as well, to be refused with the name of the op that asked for it.
 */
import * as tf from '@tensorflow/tfjs';
import type { Value } from '../graph/value.js';
import { KernelArguments } from '../trace/kernel-arguments.js';
import { currentOperation } from '../trace/operation.js';
import { backendName, RecordingBackend } from '../trace/recording-backend.js';
import { activations } from './activations.js';
import { arithmetic } from './arithmetic.js';
import { arrangement } from './arrangement.js';
import { blocks } from './blocks.js';
import { comparisons } from './comparisons.js';
import { convolutions } from './convolutions.js';
import { creation } from './creation.js';
import { elementwise } from './elementwise.js';
import { fused } from './fused.js';
import { indexing } from './indexing.js';
import type { KernelFamily } from './kernel.js';
import { normalisation } from './normalisation.js';
import { pooling } from './pooling.js';
import { products } from './products.js';
import { reductions } from './reductions.js';

const tfjsRecorders: KernelFamily = {
  ...activations,
  ...arithmetic,
  ...arrangement,
  ...blocks,
  ...comparisons,
  ...convolutions,
  ...creation,
  ...elementwise,
  ...indexing,
  ...normalisation,
  ...pooling,
  ...products,
  ...reductions,
};

const recorders: KernelFamily = { ...tfjsRecorders, ...fused };

/** tfjs's names of the kernels that can be compiled, in alphabetical order. */
export const supportedKernels: readonly string[] = Object.keys(tfjsRecorders).sort();

function traceOf(backend: unknown): RecordingBackend['trace'] {
  if (!(backend instanceof RecordingBackend)) throw new Error('compile: not the recording backend');
  return backend.trace;
}

function register(kernelName: string): void {
  const record = recorders[kernelName];
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const trace = traceOf(backend);
      const operation = currentOperation();
      if (record === undefined)
        throw trace.fail(
          `compile: kernel ${kernelName}, which tf.${operation} calls, cannot be compiled; run that part outside of the function`,
        );
      const recorded = record(trace.graph, new KernelArguments(kernelName, trace, inputs, { ...attrs }));
      const info = (value: Value): tf.TensorInfo => trace.tensorInfo(value, `tf.${operation}`);
      return Array.isArray(recorded) ? recorded.map(info) : info(recorded);
    },
  });
}

/** The recording backend, registered with tfjs on first use. */
export function recordingBackend(): RecordingBackend {
  const found = tf.findBackend(backendName);
  if (found instanceof RecordingBackend) return found;
  const backend = new RecordingBackend();
  tf.registerBackend(backendName, () => backend, 0);
  // Initialises it
  tf.findBackend(backendName);
  const known = new Set([
    ...Object.keys(recorders),
    ...tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName),
  ]);
  for (const name of known) register(name);
  return backend;
}
