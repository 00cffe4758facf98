/** The kernels of kernels/fused.ts, which the recording backend has and no other. */
import * as tf from '@tensorflow/tfjs';
import type { FusedKernel } from '../kernels/fused.js';
import { backendName } from '../trace/recording-backend.js';

/** Whether the operations that are called now are recorded, not computed. */
export const isRecording = (): boolean => tf.getBackend() === backendName;

export function recorded(
  kernel: FusedKernel,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: Readonly<Record<string, number>> = {},
): tf.Tensor[] {
  const results: unknown = tf.engine().runKernel(kernel, { ...inputs }, { ...attributes });
  const tensors: unknown[] = Array.isArray(results) ? results : [results];
  return tensors.filter((tensor): tensor is tf.Tensor => tensor instanceof tf.Tensor);
}

/** For kernels with one output. */
export function recordedOne(
  kernel: FusedKernel,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes?: Readonly<Record<string, number>>,
): tf.Tensor {
  const [tensor] = recorded(kernel, inputs, attributes);
  if (tensor === undefined) throw new Error(`${kernel}: no output`);
  return tensor;
}
