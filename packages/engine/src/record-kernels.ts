/** Which of a backend's kernels some tfjs code uses: what another backend must have to run it. */
import * as tf from '@tensorflow/tfjs';

export interface KernelRecord<T> {
  /** Names of the kernels, each once, in alphabetical order. */
  readonly kernels: string[];
  readonly result: T;
}

/**
 * Runs a function and records the kernels that tfjs dispatched meanwhile, gradients and optimizer included. Kernels that a
 * backend calls within another kernel don't count: they are its own affair.
 *
 * @param fn the code; what it returns, a promise or not, is the result
 */
export async function recordKernels<T extends tf.TensorContainer>(
  fn: () => T | Promise<T>,
): Promise<KernelRecord<T>> {
  const known = new Set(tf.getKernelsForBackend(tf.getBackend()).map(({ kernelName }) => kernelName));
  let result: { readonly value: T } | undefined;
  const { kernelNames } = await tf.profile(async () => {
    result = { value: await fn() };
    return [];
  });
  if (result === undefined) throw new Error('recordKernels: tfjs did not run the function');
  // Names of scopes (custom gradients) stand in tfjs's list too
  return {
    kernels: [...new Set(kernelNames)].filter((name) => known.has(name)).sort(),
    result: result.value,
  };
}
