/** One traced graph as an ONNX Runtime session: what to feed it, how to run it. */
import type * as ort from 'onnxruntime-node';
import * as tf from '@tensorflow/tfjs';
import type { ElementType, Value } from '../graph/value.js';
import { writeModel } from '../onnx/model.js';
import { streamKey, type StreamOptions } from '../streams/stream.js';
import type { NamedTensors, TracedFunction } from '../trace/trace-function.js';
import { tfjsType } from '../trace/trace.js';
import type { DeviceMemory, Share } from './device-memory.js';
import type { OnnxRuntime } from './onnx-runtime.js';
import type { TensorReader } from './read-tensor.js';
import type { VariableFeeds } from './variable-feeds.js';

export interface SessionParts {
  readonly runtime: OnnxRuntime;
  readonly options: ort.InferenceSession.SessionOptions;
  readonly streams: Readonly<Record<string, StreamOptions>>;
  readonly largestConstant: number;
  readonly keepMemory: boolean | undefined;
  readonly read: TensorReader;
  readonly variables: VariableFeeds;
  /** The memory of the device that the session runs on; undefined where tensors cannot stay there. */
  readonly device: DeviceMemory | undefined;
}

export interface Session {
  run(inputs: NamedTensors, draw: number): Promise<NamedTensors>;
  release(): Promise<void>;
}

const ortType = (type: ElementType): 'float32' | 'int32' | 'int64' | 'bool' | 'uint8' => type;

/** ONNX Runtime says what a provider lacks, but not always which provider it was. */
async function startSession(
  runtime: OnnxRuntime,
  model: Uint8Array,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    return await runtime.InferenceSession.create(model, options);
  } catch (error) {
    const providers = JSON.stringify(options.executionProviders ?? []);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`compile: ONNX Runtime made no session on the providers ${providers}: ${reason}`, {
      cause: error,
    });
  }
}

/**
 * What a session may compute in bytes and still keep its memory between runs, unless it is told: sessions of small models keep
 * little, while one of a large model would hold gigabytes for each set of shapes.
 */
const mostKept = 2 ** 28;

/**
 * ONNX Runtime's settings of memory on the cpu. Without its arena each array is allocated when it is computed and freed after
 * its last use, which takes a little more time; with it, a session holds what its largest run took. Its plan of places
 * (`enableMemPattern`) makes that far more and saves no time.
 */
function memorySettings(
  computedBytes: number,
  keepMemory: boolean | undefined,
): ort.InferenceSession.SessionOptions {
  return { enableMemPattern: false, enableCpuMemArena: keepMemory ?? computedBytes <= mostKept };
}

/**
 * Every cast of a weight in float16 must stay a cast of its own (writeModel says why); as common subexpressions, ONNX
 * Runtime would make them one.
 */
const separateCasts: ort.InferenceSession.SessionOptions = {
  extra: { optimization: { disable_specified_optimizers: 'CommonSubexpressionElimination' } },
};

export async function createSession(traced: TracedFunction, parts: SessionParts): Promise<Session> {
  const { runtime, streams, variables, device } = parts;
  const { fed } = traced;
  const halved = new Set(
    [...fed.variables].flatMap(([name, variable]) => (variables.isHalved(variable) ? [name] : [])),
  );
  const model = writeModel(traced.outputs, parts.largestConstant, halved);
  const needed = (name: string): boolean => model.fed.has(name);

  const lasting = new Map<string, ort.Tensor>();
  for (const [name, { type, shape, source }] of model.fedConstants) {
    if (source.kind === 'constant')
      lasting.set(name, new runtime.Tensor(ortType(type), source.data, [...shape]));
  }
  for (const [name, tensor] of fed.captured) {
    if (needed(name)) lasting.set(`fed:${name}`, await parts.read(tensor));
  }
  const shares: Share[] = [];
  const giveBack = (): void => {
    for (const share of shares.splice(0)) share.giveBack();
  };
  let session: ort.InferenceSession;
  try {
    for (const [name, tensor] of lasting) {
      if (device?.takes(tensor) !== true) continue;
      const share = await device.share(tensor, tensor.type, () => Promise.resolve(tensor));
      shares.push(share);
      lasting.set(name, share.tensor);
    }
    session = await startSession(runtime, model.bytes, {
      ...parts.options,
      ...memorySettings(model.computedBytes, parts.keepMemory),
      ...(halved.size > 0 ? separateCasts : {}),
    });
  } catch (error) {
    giveBack();
    throw error;
  }

  const feedsOf = async (
    inputs: NamedTensors,
    draw: number,
    readVariable: TensorReader<tf.Variable>,
  ): Promise<Record<string, ort.Tensor>> => {
    const feeds: Record<string, ort.Tensor> = Object.fromEntries(lasting);
    for (const [name, inputName] of fed.inputs) {
      const tensor = inputs[inputName];
      if (tensor !== undefined && needed(name)) feeds[`fed:${name}`] = await parts.read(tensor);
    }
    for (const [name, variable] of fed.variables) {
      if (needed(name)) feeds[`fed:${name}`] = await readVariable(variable);
    }
    for (const [name, { stream, index, request }] of fed.streams) {
      if (!needed(name)) continue;
      const values = request.draw(streamKey(stream, streams[stream]?.seed ?? 0, draw, index));
      feeds[`fed:${name}`] = new runtime.Tensor(request.type, values, request.shape);
    }
    return feeds;
  };

  return {
    async run(inputs, draw) {
      const results = await variables.during(async (readVariable) =>
        session.run(await feedsOf(inputs, draw, readVariable)),
      );
      const outputs: NamedTensors = {};
      for (const [name, value] of traced.outputs) {
        const result = results[`output:${name}`];
        if (result === undefined) throw new Error(`run: ONNX Runtime gave no output ${name}`);
        outputs[name] = await toTensor(result, value);
      }
      return outputs;
    },
    async release() {
      giveBack();
      await session.release();
    },
  };
}

async function toTensor(result: ort.Tensor, { shape, type }: Value): Promise<tf.Tensor> {
  const data = await result.getData();
  if (!(data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array))
    throw new Error(`run: ONNX Runtime gave ${result.type} where ${type} was expected`);
  return tf.tensor(data, [...shape], tfjsType(type));
}
