/**
 * tfjs's WebGPU backend on Dawn, Chrome's WebGPU, through the npm package `webgpu`.
 *
 * Order matters: tfjs registers the backend only if `navigator.gpu` is there when its package is loaded. And Dawn keeps
 * the process alive for as long as `navigator.gpu` refers to it.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { oneLine } from '../one-line.js';
import { eagerSteps } from '../steps/eager.js';
import type { Backend, Probe } from './backend.js';
import { probeInChild } from './probe-in-child.js';
import { removeRestartably } from './restartable.js';
import { repairAddN } from './webgpu-add-n.js';

const packageName = 'webgpu';

/** Asks Dawn for the adapter that tfjs will ask it for. */
const script = `
const { create, globals } = await import(args[0]);
Object.assign(globalThis, globals);
const gpu = create([]);
const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
if (adapter === null) return { adapter: false };
const device = await adapter.requestDevice();
const { vendor, architecture, description, device: name, isFallbackAdapter } = adapter.info;
device.destroy();
return { adapter: true, vendor, architecture, description, name, fallback: isFallbackAdapter === true };`;

/** Adapters that compute on the CPU, by what they call themselves. */
const softwareAdapters = /llvmpipe|lavapipe|swiftshader|basic render|software/i;

function packageUrl(): string | undefined {
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve(packageName)).href;
  } catch {
    return undefined;
  }
}

/** The adapter that Dawn finds, or why there is none. */
export type AdapterSearch =
  | { readonly found: true; readonly label: string; readonly software: boolean }
  | { readonly found: false; readonly reason: string; readonly advice: string };

/** Asks Dawn in another process. */
export async function findAdapter(seconds: number): Promise<AdapterSearch> {
  const url = packageUrl();
  if (url === undefined) {
    return {
      found: false,
      reason: `the package ${packageName} isn't installed`,
      advice: 'Install webgpu 0.6, or use the engine wasm.',
    };
  }
  const result = await probeInChild(script, [url], seconds);
  const advice =
    'Check that vulkaninfo (Linux) sees the GPU and that libvulkan1 is installed, or use the engine wasm.';
  if (!result.ok) return { found: false, reason: `Dawn doesn't start: ${result.reason}`, advice };
  if (result.found['adapter'] !== true) {
    const reason = 'Dawn finds no GPU adapter (no Vulkan, Metal or Direct3D 12 driver)';
    return { found: false, reason, advice };
  }
  const { vendor, architecture, description, name, fallback } = result.found;
  const labels = [vendor, architecture, name, description].filter((x) => typeof x === 'string' && x !== '');
  const device = oneLine([...new Set(labels)].join(' '), 100);
  const software = fallback === true || softwareAdapters.test(device);
  return { found: true, label: `${software ? 'a software adapter: ' : ''}${device}`, software };
}

async function probe(seconds: number): Promise<Probe> {
  const adapter = await findAdapter(seconds);
  if (!adapter.found) return { works: false, reason: adapter.reason, advice: adapter.advice };
  const description = `WebGPU (Dawn) on ${adapter.label}, tfjs ${tf.version_core}`;
  return { works: true, description, eligible: !adapter.software };
}

interface Dawn {
  readonly create: (options: readonly string[]) => unknown;
  readonly globals: object;
}

function isDawn(module: unknown): module is Dawn {
  return (
    typeof module === 'object' &&
    module !== null &&
    'create' in module &&
    typeof module.create === 'function' &&
    'globals' in module &&
    typeof module.globals === 'object' &&
    module.globals !== null
  );
}

/** Defines properties on an object and returns what takes those away again that weren't there before. */
function defineTemporarily(target: object, properties: Readonly<Record<string, unknown>>): () => void {
  const added = Object.entries(properties).filter(([key]) => !(key in target));
  for (const [key, value] of added) {
    Object.defineProperty(target, key, { value, configurable: true, enumerable: false, writable: true });
  }
  return () => {
    for (const [key] of added) Reflect.deleteProperty(target, key);
  };
}

/** `navigator.gpu` and the constants GPUBufferUsage and so on. Node has a navigator from version 21. */
function installGpu(dawn: Dawn): () => void {
  const removeGlobals = defineTemporarily(globalThis, { ...dawn.globals });
  const removeNavigator = defineTemporarily(globalThis, { navigator: {} });
  const navigator: unknown = Reflect.get(globalThis, 'navigator');
  if (typeof navigator !== 'object' || navigator === null)
    throw new Error('startEngine: navigator must be an object');
  const removeGpu = defineTemporarily(navigator, { gpu: dawn.create([]) });
  return () => {
    removeGpu();
    removeNavigator();
    removeGlobals();
  };
}

export const webgpuBackend: Backend = {
  provider: 'tfjs, WebGPU',
  weights: ['float32'],
  threads: () => null,
  probe: ({ probeSeconds }) => probe(probeSeconds),

  async start() {
    const url = packageUrl();
    const dawn: unknown = url === undefined ? undefined : await import(url);
    if (!isDawn(dawn))
      throw new Error(`startEngine: the package ${packageName} must export create and globals`);
    const removeGpu = installGpu(dawn);
    try {
      await import('@tensorflow/tfjs-backend-webgpu');
      // False, not an error, when the adapter or the device can't be had
      if (!(await tf.setBackend('webgpu')))
        throw new Error('startEngine: tfjs got no WebGPU device; use the engine wasm');
    } catch (error) {
      removeGpu();
      throw error;
    }
    const restoreAddN = repairAddN();
    return {
      backendName: 'webgpu',
      steps: eagerSteps,
      stop() {
        restoreAddN();
        removeRestartably('webgpu');
        removeGpu();
      },
    };
  },
};
