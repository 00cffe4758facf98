/** Calls a function once with symbolic tensors and returns the graph of what it did. tfjs is left as it was found. */
import * as tf from '@tensorflow/tfjs';
import type { GraphOptions } from '../graph/graph.js';
import type { ElementType, Value } from '../graph/value.js';
import {
  makeStream,
  mapStreams,
  type RandomStream,
  type Request,
  type StreamOptions,
} from '../streams/stream.js';
import { recordingBackend } from '../kernels/register.js';
import { backendName } from './recording-backend.js';
import { elementType, isTensor, Trace } from './trace.js';

export type NamedTensors = Record<string, tf.Tensor>;

/** The function to trace: pure tfjs code, synchronous. */
export type Traceable<S extends string> = (
  inputs: NamedTensors,
  streams: Record<S, RandomStream>,
) => NamedTensors;

export interface InputSpec {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

/** What a run must draw from which stream. */
export interface StreamInput {
  readonly stream: string;
  readonly index: number;
  readonly request: Request;
}

export interface TracedFunction {
  readonly outputs: ReadonlyMap<string, Value>;
  /** By the name under which the graph is fed. */
  readonly fed: {
    readonly inputs: ReadonlyMap<string, string>;
    readonly variables: ReadonlyMap<string, tf.Variable>;
    readonly captured: ReadonlyMap<string, tf.Tensor>;
    readonly streams: ReadonlyMap<string, StreamInput>;
  };
}

/** Runs with the recording backend active, and with every variable refusing to be assigned. */
function underRecording(trace: Trace, fn: () => void): void {
  const backend = recordingBackend();
  const before = tf.getBackend();
  const variables = new Set(Object.values(tf.engine().registeredVariables));
  for (const variable of variables) {
    const refuse = (): never => {
      throw trace.fail(
        `compile: variable ${variable.name} is assigned inside the function; return its new value as an output and assign that`,
      );
    };
    Object.defineProperty(variable, 'assign', { value: refuse, configurable: true });
  }
  try {
    // Takes effect at once: the backend is initialised
    void tf.setBackend(backendName);
    backend.record(trace, () => {
      tf.tidy(fn);
    });
  } finally {
    void tf.setBackend(before);
    for (const variable of variables) Reflect.deleteProperty(variable, 'assign');
    for (const variable of Object.values(tf.engine().registeredVariables)) {
      if (variables.has(variable)) continue;
      trace.fail(
        `compile: variable ${variable.name} is made inside the function; make it outside and declare it in options.variables`,
      );
      variable.dispose();
    }
  }
}

function checkOutputs(returned: unknown): [string, tf.Tensor][] {
  if (typeof returned !== 'object' || returned === null || returned instanceof Promise)
    throw new Error(
      `compile: the function must return tensors by name, synchronously; got ${returned instanceof Promise ? 'a promise' : typeof returned}`,
    );
  return Object.entries(returned).map(([name, output]: [string, unknown]) => {
    if (!isTensor(output))
      throw new Error(`compile: the function's output ${name} must be a tensor; got ${typeof output}`);
    return [name, output];
  });
}

export function traceFunction<S extends string>(
  fn: Traceable<S>,
  inputs: Readonly<Record<string, InputSpec>>,
  variables: readonly tf.Variable[],
  streams: Readonly<Record<S, StreamOptions>>,
  options: GraphOptions,
): TracedFunction {
  const trace = new Trace(options);
  const fedInputs = new Map<string, string>();
  const fedVariables = new Map<string, tf.Variable>();
  const fedStreams = new Map<string, StreamInput>();

  for (const [i, variable] of variables.entries()) {
    const name = `variable ${i}`;
    const type = elementType(variable.dtype, `variable ${variable.name}`);
    trace.bind(variable.dataId, trace.graph.fed(name, variable.shape, type), `variable ${variable.name}`);
    fedVariables.set(name, variable);
  }
  const symbolic = (name: string, shape: readonly number[], type: ElementType, maker: string): tf.Tensor => {
    const value = trace.graph.fed(name, shape, type);
    const info = trace.tensorInfo(value, maker);
    return tf.engine().makeTensorFromTensorInfo(info, recordingBackend());
  };

  const outputs = new Map<string, Value>();
  try {
    underRecording(trace, () => {
      const tensors: NamedTensors = {};
      for (const [name, { shape, dtype }] of Object.entries(inputs)) {
        const maker = `input ${name}`;
        tensors[name] = symbolic(maker, shape, elementType(dtype, maker), maker);
        fedInputs.set(`input ${name}`, name);
      }
      const sources = mapStreams(streams, (stream) =>
        makeStream((request, index) => {
          const name = `stream ${stream} ${index}`;
          fedStreams.set(name, { stream, index, request });
          return symbolic(name, request.shape, request.type, `stream ${stream}`);
        }),
      );
      for (const [name, output] of checkOutputs(fn(tensors, sources)))
        outputs.set(name, trace.valueOf(output));
    });
  } catch (error) {
    throw trace.failure ?? error;
  }
  if (trace.failure !== undefined) throw trace.failure;
  return {
    outputs,
    fed: {
      inputs: fedInputs,
      variables: fedVariables,
      captured: new Map(trace.captured.map(({ name, tensor }) => [name, tensor])),
      streams: fedStreams,
    },
  };
}
