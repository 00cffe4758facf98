/**
 * What one call of the traced function leaves behind: a graph, and which of its values each symbolic tensor stands for.
 *
 * Symbolic tensors are ordinary tfjs tensors whose data id belongs to the recording backend. A data id that is unknown here
 * belongs to another backend: a declared variable, an undeclared one (refused by name), or a tensor made before the
 * function was called, which is a constant of the graph.
 */
import * as tf from '@tensorflow/tfjs';
import { Graph, type GraphOptions } from '../graph/graph.js';
import type { Data, ElementType, Value } from '../graph/value.js';
import { currentOperation } from './operation.js';

/** What a data read or a random op inside the function is refused with; kept, as tfjs code may swallow it. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
}

export function elementType(dtype: tf.DataType, what: string): 'float32' | 'int32' | 'bool' {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new TraceError(`compile: ${what} must be float32, int32 or bool; got ${dtype}`);
}

export const tfjsType = (type: ElementType): tf.DataType =>
  type === 'float32' || type === 'bool' ? type : 'int32';

export const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor;

export class Trace {
  readonly graph: Graph;
  /** Tensors from outside, to be read once the function has returned. */
  readonly captured: { readonly tensor: tf.Tensor; readonly name: string }[] = [];
  readonly #values = new WeakMap<tf.DataId, Value>();
  readonly #makers = new WeakMap<tf.DataId, string>();
  #failure: TraceError | undefined;

  constructor(options: GraphOptions) {
    this.graph = new Graph(options);
  }

  /** The first refusal, if there was one. */
  get failure(): TraceError | undefined {
    return this.#failure;
  }

  fail(message: string): TraceError {
    const error = new TraceError(message);
    this.#failure ??= error;
    return error;
  }

  /** A tensor info that stands for a value. */
  tensorInfo(value: Value, maker: string): tf.TensorInfo {
    const dataId = {};
    this.bind(dataId, value, maker);
    return { dataId, shape: [...value.shape], dtype: tfjsType(value.type) };
  }

  bind(dataId: tf.DataId, value: Value, maker: string): void {
    this.#values.set(dataId, value);
    this.#makers.set(dataId, maker);
  }

  /** What made a symbolic tensor, for messages. */
  makerOf(dataId: tf.DataId): string {
    return this.#makers.get(dataId) ?? 'another call of the function';
  }

  write(values: Data, shape: readonly number[], dtype: tf.DataType): tf.DataId {
    const type = elementType(dtype, 'a tensor made inside the function');
    const dataId = {};
    // A copy: the caller may go on to change its array
    this.bind(dataId, this.graph.data(values.slice(), shape, type), `tf.${currentOperation()}`);
    return dataId;
  }

  /** The values of a symbolic tensor, if they are known without running anything. */
  known(dataId: tf.DataId): Data | undefined {
    const source = this.#values.get(dataId)?.source;
    return source?.kind === 'constant' ? source.data : undefined;
  }

  valueOf(info: tf.TensorInfo): Value {
    const known = this.#values.get(info.dataId);
    if (known !== undefined) return known;
    for (const variable of Object.values(tf.engine().registeredVariables)) {
      if (variable.dataId === info.dataId)
        throw this.fail(
          `compile: variable ${variable.name} is used inside the function (by tf.${currentOperation()}) but not declared; add it to options.variables`,
        );
    }
    if (!isTensor(info))
      throw this.fail(`compile: tf.${currentOperation()} uses data that the trace does not know`);
    const name = `captured ${this.captured.length}`;
    const type = elementType(info.dtype, `a tensor from outside, used by tf.${currentOperation()},`);
    const value = this.graph.fed(name, info.shape, type);
    this.captured.push({ tensor: info, name });
    this.bind(info.dataId, value, 'outside of the function');
    return value;
  }
}
