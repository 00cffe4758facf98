/**
 * ONNX Runtime behind tfjs-onnx: steps run as compiled sessions on one of its execution providers, while tensors live in
 * host memory, on tfjs's cpu backend, from which sessions read without copying.
 *
 * The npm package `onnxruntime-node` brings the CPU and WebGPU; what CUDA needs is fetched by its install script.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadOnnxRuntime } from '@ggm-peft/tfjs-onnx';
import { oneLine } from '../one-line.js';
import { compiledSteps } from '../steps/compiled.js';
import type { Backend, BackendOptions, Probe, WeightType } from './backend.js';
import { cpuBackend } from './cpu.js';
import { probeInChild } from './probe-in-child.js';
import { findAdapter } from './webgpu.js';

const packageName = 'onnxruntime-node';
const require = createRequire(import.meta.url);

/** Multiplies two numbers in a session of the provider, one of them a weight of the type that is asked for. */
const script = `
const [provider, weights, tensorflow, compiler] = args;
const { compile, loadOnnxRuntime } = await import(compiler);
const ort = await loadOnnxRuntime();
if (!ort.listSupportedBackends().some(({ name }) => name === provider)) return { supported: false };
const tf = require(tensorflow);
tf.enableProdMode();
await tf.setBackend('cpu');
const variables = [tf.variable(tf.tensor2d([[3]]), false)];
const float16 = weights === 'float16' ? variables : [];
const step = compile(({ a }) => ({ product: tf.matMul(a, variables[0]) }), { variables, float16, providers: [provider] });
const run = step.run({ a: tf.tensor2d([[2]]) });
// The reason stands behind the failed assertion's place in ONNX Runtime's sources
const { product } = await run.catch(({ message }) => { throw new Error(message.split(' was false. ').at(-1)); });
return { supported: true, product: (await product.data())[0], version: ort.env.versions.node };`;

function resolved(name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

const notInstalled: Probe = {
  works: false,
  reason: `${packageName} isn't installed`,
  advice: `Install ${packageName} 1.30, or use the engine wasm.`,
};

const count = (threads: number): string => `${threads} ${threads === 1 ? 'thread' : 'threads'}`;

const describe = (version: string | undefined, device: string, weights: WeightType): string =>
  `ONNX Runtime ${version ?? '?'} on ${device}, steps compiled by tfjs-onnx` +
  (weights === 'float16' ? ', frozen weights in float16' : '');

async function probeCpu({ threads, weights }: BackendOptions): Promise<Probe> {
  if (resolved(packageName) === undefined) return notInstalled;
  try {
    const { env, listSupportedBackends } = await loadOnnxRuntime();
    if (listSupportedBackends().some(({ name }) => name === 'cpu')) {
      const description = describe(env.versions.node, `the CPU, ${count(threads)}`, weights);
      return { works: true, description, eligible: true };
    }
    const reason = `${packageName} lists no provider for the CPU`;
    return { works: false, reason, advice: `Install ${packageName} 1.30, or use the engine wasm.` };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const reason = `${packageName} doesn't load on ${process.platform} ${process.arch}: ${oneLine(cause, 120)}`;
    return { works: false, reason, advice: 'Use the engine wasm.' };
  }
}

interface GpuProvider {
  readonly provider: 'cuda' | 'webgpu';
  readonly device: string;
  readonly advice: string;
  /** Why there is no use in trying; undefined if there is. */
  missing(folder: string): string | undefined;
}

async function probeGpu(gpu: GpuProvider, { probeSeconds, weights }: BackendOptions): Promise<Probe> {
  const { provider, device, advice } = gpu;
  const tensorflow = resolved('@tensorflow/tfjs');
  const compiler = resolved('@ggm-peft/tfjs-onnx');
  const manifest = resolved(`${packageName}/package.json`);
  if (tensorflow === undefined || compiler === undefined || manifest === undefined) return notInstalled;
  const missing = gpu.missing(dirname(manifest));
  if (missing !== undefined) return { works: false, reason: missing, advice };
  const values = [provider, weights, tensorflow, pathToFileURL(compiler).href];
  const result = await probeInChild(script, values, probeSeconds);
  if (!result.ok)
    return { works: false, reason: `ONNX Runtime's ${provider} doesn't start: ${result.reason}`, advice };
  const { supported, product, version } = result.found;
  if (supported !== true) {
    const reason = `${packageName} has no provider ${provider} for ${process.platform} ${process.arch}`;
    return { works: false, reason, advice };
  }
  if (product !== 6)
    return { works: false, reason: `ONNX Runtime's ${provider} says 2·3 = ${String(product)}`, advice };
  return { works: true, description: describe(String(version), device, weights), eligible: true };
}

const cuda: GpuProvider = {
  provider: 'cuda',
  device: 'an NVIDIA GPU (CUDA)',
  advice: `Let ${packageName}'s install script fetch its CUDA libraries (allow it, then npm rebuild ${packageName}) and install CUDA 12 and cuDNN 9, or use the engine onnx.`,
  missing(folder) {
    const library =
      process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';
    const path = join(folder, 'bin', 'napi-v6', process.platform, process.arch, library);
    return existsSync(path) ? undefined : `${packageName} is installed without its CUDA libraries`;
  },
};

const webgpu: GpuProvider = {
  provider: 'webgpu',
  device: 'WebGPU',
  advice:
    'Check that vulkaninfo (Linux) sees the GPU and that libvulkan1 is installed, or use the engine onnx.',
  missing: () => undefined,
};

/** ONNX Runtime doesn't say which adapter it uses; the package webgpu asks the same drivers. */
async function probeWebgpu(options: BackendOptions): Promise<Probe> {
  const probe = await probeGpu(webgpu, options);
  if (!probe.works) return probe;
  const adapter = await findAdapter(options.probeSeconds);
  const { description } = probe;
  return adapter.found
    ? { works: true, description: `${description}; ${adapter.label}`, eligible: !adapter.software }
    : { works: true, description: `${description}; the adapter is unknown`, eligible: false };
}

function onnxBackend(
  provider: 'cpu' | 'cuda' | 'webgpu',
  probe: (options: BackendOptions) => Promise<Probe>,
): Backend {
  return {
    provider: `ONNX Runtime, ${provider}`,
    weights: ['float32', 'float16'],
    threads: ({ threads }) => (provider === 'cpu' ? threads : null),
    probe,
    async start(options) {
      const host = await cpuBackend.start(options);
      return { ...host, steps: compiledSteps({ provider, ...options }) };
    },
  };
}

export const onnxCpuBackend = onnxBackend('cpu', probeCpu);
export const onnxCudaBackend = onnxBackend('cuda', (options) => probeGpu(cuda, options));
export const onnxWebgpuBackend = onnxBackend('webgpu', probeWebgpu);
