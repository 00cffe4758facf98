/** tfjs's own backend in plain JavaScript: always there, for checking the others. */
import * as tf from '@tensorflow/tfjs';
import type { Backend } from './backend.js';

export const cpuBackend: Backend = {
  probe() {
    const description = `plain JavaScript, one thread, tfjs ${tf.version_core}; correct but slow`;
    return Promise.resolve({ works: true, description, eligible: true });
  },
  async start() {
    if (!(await tf.setBackend('cpu'))) throw new Error('startEngine: tfjs refused its cpu backend');
    // It holds nothing that needs freeing, and tfjs stays on it
    return { backendName: 'cpu', stop: () => undefined };
  },
};
