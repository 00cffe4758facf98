/**
 * Compiles tfjs code: a function of named tensors, its gradients included, becomes one ONNX graph for each set of input
 * shapes, and runs as one ONNX Runtime session instead of kernel by kernel.
 */
import type * as ort from 'onnxruntime-node';
import * as tf from '@tensorflow/tfjs';
import { checkKnownKeys } from './known-keys.js';
import { type DeviceMemory, openDeviceMemory } from './run/device-memory.js';
import { loadOnnxRuntime, type OnnxRuntime } from './run/onnx-runtime.js';
import { tensorReader, type TensorReader } from './run/read-tensor.js';
import { SessionCache } from './run/session-cache.js';
import { createSession, type Session } from './run/session.js';
import { tryFloat16 } from './run/try-float16.js';
import { VariableFeeds } from './run/variable-feeds.js';
import { checkSeed, type StreamOptions } from './streams/stream.js';
import { traceFunction, type InputSpec, type NamedTensors, type Traceable } from './trace/trace-function.js';

export interface CompileOptions<S extends string = never> {
  /** Every variable that the function reads. Their values are read at each run. Default none. */
  readonly variables?: readonly tf.Variable[];
  /**
   * Those of `variables` that sessions are fed as float16, half the bytes, and compute with as float32: weights that do not
   * train. Their values are rounded to 11 binary digits, and may be as large as 65,504. A function that returns one
   * returns it rounded. Default none.
   */
  readonly float16?: readonly tf.Variable[];
  /** Random streams by name, which the function receives as its second argument. Default none. */
  readonly streams?: Readonly<Record<S, StreamOptions>>;
  /** ONNX Runtime's execution providers in order of preference, such as 'webgpu' or 'cuda'. Default ['cpu']. */
  readonly providers?: readonly ort.InferenceSession.ExecutionProviderConfig[];
  /** Threads of one operator. Default: ONNX Runtime's choice, one for each core. */
  readonly threads?: number;
  /** How many sessions, one for each set of input shapes, are kept. Default 16. */
  readonly sessions?: number;
  /** Constants with more bytes than this are fed at each run instead of being copied into the model. Default 65536. */
  readonly largestConstant?: number;
  /**
   * Whether a session keeps the memory of its largest run on the cpu for the next one. Default: those that compute at most
   * 256 MB in a run do. Others take a few per cent more time, and sessions of many shapes need no more memory than one.
   */
  readonly keepMemory?: boolean;
}

export interface RunOptions {
  /** The number that, with its seed, determines what a stream gives. Default: the number of this run, from 0. */
  readonly draw?: number;
}

export interface CompiledFunction {
  /**
   * Runs the function. The inputs stay as they are; the outputs are new tensors on tfjs's current backend, which belong to
   * the caller. The first run with new shapes traces the function and makes a session.
   */
  run(inputs: NamedTensors, options?: RunOptions): Promise<NamedTensors>;
  /** How many runs there were: the next run's draw. */
  readonly runs: number;
  /** How many sessions are held. */
  readonly sessions: number;
  /** Releases the sessions. Running afterwards is an error. */
  dispose(): Promise<void>;
}

const knownOptions = [
  'variables',
  'float16',
  'streams',
  'providers',
  'threads',
  'sessions',
  'largestConstant',
  'keepMemory',
];

function atLeast(name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least)
    throw new Error(`compile: ${name} must be an integer of at least ${least}; got ${value}`);
  return value;
}

/** The variables, each of which may be fed as float16. */
function checkFloat16(
  variables: readonly tf.Variable[],
  float16: readonly tf.Variable[],
): ReadonlySet<tf.Variable> {
  for (const variable of float16) {
    if (!variables.includes(variable))
      throw new Error(
        `compile: float16 must hold variables of options.variables; ${variable.name} is none of them`,
      );
    if (variable.dtype !== 'float32')
      throw new Error(`compile: float16 must hold float32 variables; ${variable.name} is ${variable.dtype}`);
  }
  return new Set(float16);
}

/** What sessions of a function share. */
interface Shared {
  readonly runtime: OnnxRuntime;
  readonly read: TensorReader;
  readonly device: DeviceMemory | undefined;
  readonly variables: VariableFeeds;
}

const keyOf = (specs: readonly (readonly [string, InputSpec])[]): string =>
  JSON.stringify(specs.map(([name, { shape, dtype }]) => [name, dtype, shape]));

/**
 * @param fn tfjs code from named tensors to named tensors, tfjs's autodiff included. Called once for each set of input
 *   shapes and dtypes, with tensors that have no values; it must be synchronous and depend on nothing but its inputs,
 *   the declared variables and the declared streams. Other tensors that it uses are constants.
 * @param options see CompileOptions
 * @throws on unknown options. `run` rejects, with the op's name, if the function reads values, uses a variable or random
 *   numbers that were not declared, assigns a variable, or calls a kernel that cannot be compiled
 */
export function compile<S extends string = never>(
  fn: Traceable<S>,
  options: CompileOptions<S> = {},
): CompiledFunction {
  if (typeof fn !== 'function') throw new Error(`compile: fn must be a function; got ${typeof fn}`);
  checkKnownKeys('compile', options, knownOptions);
  const variables = [...new Set(options.variables ?? [])];
  const float16 = checkFloat16(variables, options.float16 ?? []);
  const streams: Readonly<Record<string, StreamOptions>> = options.streams ?? {};
  for (const [name, stream] of Object.entries(streams)) checkSeed(name, stream);
  const largestConstant = atLeast('largestConstant', options.largestConstant ?? 65536, 0);
  if (options.keepMemory !== undefined && typeof options.keepMemory !== 'boolean')
    throw new Error(`compile: keepMemory must be true or false; got ${String(options.keepMemory)}`);
  const cache = new SessionCache<Session>(atLeast('sessions', options.sessions ?? 16, 1));
  const providers = [...(options.providers ?? ['cpu'])];
  const [first] = providers;
  const onCpu = (typeof first === 'string' ? first : first?.name) === 'cpu';
  const sessionOptions: ort.InferenceSession.SessionOptions = {
    executionProviders: providers,
    // On the cpu, higher levels take longer to make a session and save no time in its runs: bench/tfjs-onnx/session.mjs
    graphOptimizationLevel: onCpu ? 'basic' : 'all',
    // Warnings about nodes that a provider leaves to the cpu are of no use to the caller
    logSeverityLevel: 3,
    ...(options.threads === undefined ? {} : { intraOpNumThreads: atLeast('threads', options.threads, 1) }),
  };
  let preparing: Promise<Shared> | undefined;
  let runs = 0;
  let disposed = false;

  const prepare = async (): Promise<Shared> => {
    const runtime = await loadOnnxRuntime();
    if (float16.size > 0) await tryFloat16(runtime, providers);
    const read = tensorReader(runtime);
    const device = openDeviceMemory(runtime, providers);
    return { runtime, read, device, variables: new VariableFeeds({ runtime, read, float16, device }) };
  };

  return {
    get runs() {
      return runs;
    },
    get sessions() {
      return cache.size;
    },
    async run(inputs, { draw = runs } = {}) {
      if (disposed) throw new Error('run: this function was disposed of; compile it again');
      atLeast('draw', draw, 0);
      runs++;
      preparing ??= prepare();
      preparing.catch(() => {
        preparing = undefined;
      });
      const shared = await preparing;
      await tf.ready();
      const specs = Object.entries(inputs)
        .map(([name, { shape, dtype }]) => [name, { shape, dtype }] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const make = async (): Promise<Session> => {
        // Other processors have no cache that a whole block fits, and pay for each operator that is started
        const graphOptions = { inBlocks: onCpu };
        const traced = traceFunction(fn, Object.fromEntries(specs), variables, streams, graphOptions);
        return createSession(traced, {
          ...shared,
          options: sessionOptions,
          keepMemory: options.keepMemory,
          streams,
          largestConstant,
        });
      };
      return cache.use(keyOf(specs), make, (session) => session.run(inputs, draw));
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      await cache.close();
      const shared = await preparing?.catch(() => undefined);
      shared?.variables.close();
      await shared?.device?.close();
    },
  };
}
