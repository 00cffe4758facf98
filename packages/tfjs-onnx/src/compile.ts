/**
 * Compiles tfjs code: a function of named tensors, its gradients included, becomes one ONNX graph for each set of input
 * shapes, and runs as one ONNX Runtime session instead of kernel by kernel.
 */
import type * as ort from 'onnxruntime-node';
import * as tf from '@tensorflow/tfjs';
import { checkKnownKeys } from './known-keys.js';
import { loadOnnxRuntime, type OnnxRuntime } from './run/onnx-runtime.js';
import { SessionCache } from './run/session-cache.js';
import { createSession, type Session, type TensorReader } from './run/session.js';
import { checkSeed, type StreamOptions } from './streams/stream.js';
import { elementType } from './trace/trace.js';
import { traceFunction, type InputSpec, type NamedTensors, type Traceable } from './trace/trace-function.js';

export interface CompileOptions<S extends string = never> {
  /** Every variable that the function reads. Their values are read at each run. Default none. */
  readonly variables?: readonly tf.Variable[];
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

/** tfjs's cpu backend keeps the array when it widens a type: a float32 tensor may come as an Int32Array. */
function ofType(
  type: 'float32' | 'int32' | 'bool',
  data: Float32Array | Int32Array | Uint8Array,
): Float32Array | Int32Array | Uint8Array {
  const array = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type];
  return data instanceof array ? data : array.from(data);
}

/** Reads tensors; `lasting` ones once for each data id, which tfjs replaces when a variable is assigned. */
function readers(runtime: OnnxRuntime): { readonly once: TensorReader; readonly lasting: TensorReader } {
  const known = new WeakMap<tf.DataId, Promise<ort.Tensor>>();
  const once: TensorReader = async (tensor) => {
    const type = elementType(tensor.dtype, 'a tensor');
    const data: unknown = await tensor.data();
    if (!(data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array))
      throw new Error(`run: a tensor's values must be a typed array; got ${typeof data}`);
    return new runtime.Tensor(type, ofType(type, data), tensor.shape);
  };
  return {
    once,
    lasting(tensor) {
      const { dataId } = tensor;
      const found = known.get(dataId);
      if (found !== undefined) return found;
      const reading = once(tensor);
      known.set(dataId, reading);
      reading.catch(() => known.delete(dataId));
      return reading;
    },
  };
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
  let read: ReturnType<typeof readers> | undefined;
  let runs = 0;
  let disposed = false;

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
      const runtime = await loadOnnxRuntime();
      await tf.ready();
      const reader = (read ??= readers(runtime));
      const specs = Object.entries(inputs)
        .map(([name, { shape, dtype }]) => [name, { shape, dtype }] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const make = async (): Promise<Session> => {
        // Other processors have no cache that a whole block fits, and pay for each operator that is started
        const graphOptions = { inBlocks: onCpu };
        const traced = traceFunction(fn, Object.fromEntries(specs), variables, streams, graphOptions);
        return createSession(traced, {
          runtime,
          options: sessionOptions,
          keepMemory: options.keepMemory,
          streams,
          largestConstant,
          readTensor: reader.once,
          readLasting: reader.lasting,
        });
      };
      return cache.use(keyOf(specs), make, (session) => session.run(inputs, draw));
    },
    async dispose() {
      disposed = true;
      await cache.clear();
    },
  };
}
