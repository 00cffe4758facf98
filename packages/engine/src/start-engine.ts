/** Finding out which engines work here, and starting one. */
import { checkKnownKeys } from '@ggm-peft/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { closestMatch } from 'leven';
import type { Backend, BackendOptions, Probe, WeightType } from './backends/backend.js';
import { cpuBackend } from './backends/cpu.js';
import { onnxCpuBackend, onnxCudaBackend, onnxWebgpuBackend } from './backends/onnx.js';
import { tfjsNodeBackend } from './backends/tfjs-node.js';
import { wasmBackend } from './backends/wasm.js';
import { webgpuBackend } from './backends/webgpu.js';
import type { Engine } from './engine.js';
import { type EngineName, engineNames, isEngineName } from './engine-names.js';
import { startedEngine } from './started-engine.js';

export interface EngineOptions {
  /**
   * CPU threads of the engine onnx, and for the matrix products of wasm (at most 16), 1... Default 1: more are faster only
   * where cores are idle. Wasm's results don't depend on it.
   */
  readonly threads?: number;
  /**
   * What frozen weights (`compile`'s option `frozen`) are kept in on the engine. `float16` halves their memory there and what
   * travels to it; products and sums are in float32 all the same. The engines `onnx…` can do it, a GPU where it computes with
   * float16. Default `float32`.
   */
  readonly weights?: WeightType;
  /** How long trying a native engine in another process may take, in seconds. Default 20. */
  readonly probeSeconds?: number;
}

export interface EngineReport {
  readonly name: EngineName;
  /** Whether `startEngine(name)` will work. */
  readonly works: boolean;
  /** One line: what it is (device, threads, version), or why it doesn't work. */
  readonly reason: string;
  /** What computes: library and device. */
  readonly provider: string;
  /** The CPU threads that it will use; null where it doesn't let itself be told. */
  readonly threads: number | null;
  /** Whether it is the one that `auto` takes. */
  readonly auto: boolean;
}

const backends: Readonly<Record<EngineName, Backend>> = {
  'tfjs-node-gpu': tfjsNodeBackend('@tensorflow/tfjs-node-gpu', true),
  'onnx-cuda': onnxCudaBackend,
  'onnx-webgpu': onnxWebgpuBackend,
  webgpu: webgpuBackend,
  onnx: onnxCpuBackend,
  'tfjs-node': tfjsNodeBackend('@tensorflow/tfjs-node', false),
  wasm: wasmBackend,
  cpu: cpuBackend,
};

function backendOptions(caller: string, options: EngineOptions): BackendOptions {
  checkKnownKeys(caller, options, ['threads', 'weights', 'probeSeconds']);
  const { threads = 1, weights = 'float32', probeSeconds = 20 } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new Error(`${caller}: threads must be an integer of at least 1; got ${threads}`);
  }
  if (!['float32', 'float16'].includes(weights))
    throw new Error(`${caller}: weights must be float32 or float16; got ${weights}`);
  if (!(probeSeconds > 0)) throw new Error(`${caller}: probeSeconds must be positive; got ${probeSeconds}`);
  return { threads, weights, probeSeconds };
}

async function tryEngine(name: EngineName, options: BackendOptions): Promise<Probe> {
  const backend = backends[name];
  if (backend.weights.includes(options.weights)) return backend.probe(options);
  return {
    works: false,
    reason: `it cannot keep weights in ${options.weights}`,
    advice: `Leave out the option weights, or use an engine that can: ${engineNames
      .filter((other) => backends[other].weights.includes(options.weights))
      .join(', ')}.`,
  };
}

/** Tries every engine, starting none. Native ones are tried in other processes: a crash or a hang there is a reason. */
export async function probeEngines(options: EngineOptions = {}): Promise<EngineReport[]> {
  const checked = backendOptions('probeEngines', options);
  const reports: EngineReport[] = [];
  for (const name of engineNames) {
    const backend = backends[name];
    const probe = await tryEngine(name, checked);
    reports.push({
      name,
      works: probe.works,
      reason: probe.works ? probe.description : probe.reason,
      provider: backend.provider,
      threads: backend.threads(checked),
      auto: probe.works && probe.eligible && !reports.some(({ auto }) => auto),
    });
  }
  return reports;
}

async function startWorking(name: EngineName, description: string, options: BackendOptions): Promise<Engine> {
  // tfjs greets on its first tensor and warns of kernels registered twice; production mode is its switch for that
  tf.enableProdMode();
  return startedEngine(name, description, await backends[name].start(options));
}

/** The first engine that works and isn't a GPU's in software; with weights in float32, cpu always does. */
async function startFastest(options: BackendOptions): Promise<Engine> {
  for (const name of engineNames) {
    const probe = await tryEngine(name, options);
    if (probe.works && probe.eligible) return startWorking(name, probe.description, options);
  }
  throw new Error(`startEngine: no engine works here with weights in ${options.weights}`);
}

/**
 * Starts an engine as tfjs's current backend. One at a time: dispose of it before you start another.
 *
 * It switches tfjs to its production mode (`tf.enableProdMode`), which silences tfjs's greeting and warnings.
 *
 * @param name an engine, or `auto` for the fastest that works here: a real GPU first, then onnx, tfjs-node, wasm, cpu
 * @throws if the engine doesn't work here (with the reason and what to try), or there is no engine of that name
 */
export async function startEngine(
  name: EngineName | 'auto' = 'auto',
  options: EngineOptions = {},
): Promise<Engine> {
  const checked = backendOptions('startEngine', options);
  if (name === 'auto') return startFastest(checked);
  if (!isEngineName(name)) {
    const known = ['auto', ...engineNames];
    const given = String(name);
    throw new Error(
      `startEngine: name must be one of ${known.join(', ')}; got ${given}; did you mean ${closestMatch(given, known) ?? 'auto'}?`,
    );
  }
  const probe = await tryEngine(name, checked);
  if (!probe.works)
    throw new Error(`startEngine: ${name} doesn't work here: ${probe.reason}. ${probe.advice}`);
  return startWorking(name, probe.description, checked);
}
