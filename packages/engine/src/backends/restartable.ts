/** Removing a backend from tfjs without losing it: `tf.removeBackend` also forgets how to make it anew. */
import * as tf from '@tensorflow/tfjs';

/** Below the cpu backend's 1: tfjs must not choose it by itself. */
const lowestPriority = 0;

/** Frees the backend's tensors and memory; `tf.setBackend` can start it again. */
export function removeRestartably(backendName: string): void {
  const factory: Parameters<typeof tf.registerBackend>[1] = tf.findBackendFactory(backendName);
  tf.removeBackend(backendName);
  tf.registerBackend(backendName, factory, lowestPriority);
}
