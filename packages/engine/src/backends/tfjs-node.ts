/**
 * tfjs-node and tfjs-node-gpu: tfjs on libtensorflow, whose native part is downloaded or built at installation. Both may be
 * missing, or present and throwing when loaded; and the GPU's may run on the CPU where CUDA isn't found.
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { eagerSteps } from '../steps/eager.js';
import type { Backend, Probe } from './backend.js';
import { probeInChild } from './probe-in-child.js';

type TfjsNodePackage = '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';

const backendName = 'tensorflow';
const require = createRequire(import.meta.url);

/** Loads the package, multiplies two numbers and says whether on a GPU. */
const script = `
const tf = require(args[0]);
await tf.ready();
const [product] = await tf.matMul([[2]], [[3]]).data();
const device = tf.backend();
return { product, usesGpu: device.isUsingGpuDevice === true, version: tf.version['tfjs-node'] ?? '?' };`;

function packageFolder(packageName: TfjsNodePackage): string | undefined {
  try {
    return dirname(require.resolve(`${packageName}/package.json`));
  } catch {
    return undefined;
  }
}

/** Whether the native part is there: lib/napi-v<n>/tfjs_binding.node. Spares a process where it isn't. */
function isBuilt(folder: string): boolean {
  const lib = join(folder, 'lib');
  return (
    existsSync(lib) && readdirSync(lib).some((entry) => existsSync(join(lib, entry, 'tfjs_binding.node')))
  );
}

function usesGpu(backend: unknown): boolean {
  return (
    typeof backend === 'object' &&
    backend !== null &&
    'isUsingGpuDevice' in backend &&
    backend.isUsingGpuDevice === true
  );
}

export function tfjsNodeBackend(packageName: TfjsNodePackage, gpu: boolean): Backend {
  const describe = (version: string): string =>
    `libtensorflow on the ${gpu ? 'GPU' : 'CPU'}, ${packageName} ${version}`;

  return {
    provider: `libtensorflow, ${gpu ? 'cuda' : 'cpu'}`,
    weights: ['float32'],
    threads: () => null,

    async probe({ probeSeconds }): Promise<Probe> {
      const folder = packageFolder(packageName);
      if (folder === undefined) {
        const advice = `Install ${packageName} 4.22, or use the engine wasm.`;
        return { works: false, reason: `${packageName} isn't installed`, advice };
      }
      if (!isBuilt(folder)) {
        const advice = `Run npm rebuild ${packageName} where storage.googleapis.com can be reached, or use the engine wasm.`;
        return { works: false, reason: `${packageName} is installed without its native part`, advice };
      }
      const result = await probeInChild(script, [folder], probeSeconds);
      const advice = `Rebuild it (npm rebuild ${packageName} --build-addon-from-source), or use the engine wasm.`;
      if (!result.ok)
        return { works: false, reason: `${packageName} doesn't load: ${result.reason}`, advice };
      const { product, usesGpu: onGpu, version } = result.found;
      if (product !== 6)
        return { works: false, reason: `${packageName} says 2·3 = ${String(product)}`, advice };
      if (gpu && onGpu !== true) {
        const reason = `${packageName} finds no GPU (it needs an NVIDIA one with CUDA 11 and cuDNN 8)`;
        return {
          works: false,
          reason,
          advice: 'Check nvidia-smi and LD_LIBRARY_PATH, or use the engine webgpu or wasm.',
        };
      }
      return { works: true, description: describe(String(version)), eligible: true };
    },

    async start() {
      // libtensorflow's own log goes to stderr; keep its errors
      process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
      require(packageName);
      if (!(await tf.setBackend(backendName)))
        throw new Error(`startEngine: tfjs refused the backend of ${packageName}`);
      if (gpu && !usesGpu(tf.backend())) {
        throw new Error(
          `startEngine: ${packageName} runs on the CPU here. If @tensorflow/tfjs-node was started in this process before, start a new process: both are tfjs's backend "${backendName}".`,
        );
      }
      // The native library can't be unloaded; tfjs frees each tensor when it is disposed of
      return { backendName, steps: eagerSteps, stop: () => undefined };
    },
  };
}
