/**
 * A tfjs backend that computes nothing: its kernels record ONNX operators. Registered once, under its own name and with the
 * lowest priority, so that tfjs never picks it; it is tfjs's active backend only while a function is being traced.
 */
import * as tf from '@tensorflow/tfjs';
import type { Data } from '../graph/value.js';
import { currentOperation, runningOperations } from './operation.js';
import type { Trace } from './trace.js';

export const backendName = 'tfjs-onnx-trace';

/** Ops of tfjs that draw random numbers on the host: a trace would freeze them. */
const randomOperations = new Set([
  'dropout',
  'multinomial',
  'rand',
  'randomGamma',
  'randomNormal',
  'randomStandardNormal',
  'randomUniform',
  'randomUniformInt',
  'truncatedNormal',
]);

/** The values as the array that their type calls for. */
function arrayOf(values: ArrayLike<unknown>, dtype: tf.DataType): Data {
  const array = dtype === 'float32' ? Float32Array : dtype === 'int32' ? Int32Array : Uint8Array;
  return values instanceof array ? values : array.from(Array.from(values, Number));
}

export class RecordingBackend extends tf.KernelBackend {
  #trace: Trace | undefined;

  /** The trace that is under way. */
  get trace(): Trace {
    if (this.#trace === undefined)
      throw new Error('compile: a tensor of the traced function was used after the function had returned');
    return this.#trace;
  }

  /** Runs a function with kernels recording into a trace. */
  record<T>(trace: Trace, fn: () => T): T {
    if (this.#trace !== undefined) throw new Error('compile: a trace is already under way');
    this.#trace = trace;
    try {
      return fn();
    } finally {
      this.#trace = undefined;
    }
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const random = runningOperations().find((name) => randomOperations.has(name));
    if (random !== undefined)
      throw this.trace.fail(
        `compile: tf.${random} draws its numbers once, when the function is traced, and would repeat them at every run; declare a stream in options.streams and use that`,
      );
    return this.trace.write(arrayOf(values, dtype), shape, dtype);
  }

  override readSync(dataId: object): tf.BackendValues {
    const known = this.#known(dataId);
    if (known === undefined) throw this.#refuseRead(dataId);
    return known;
  }

  override read(dataId: object): Promise<tf.BackendValues> {
    const known = this.#known(dataId);
    if (known !== undefined) return Promise.resolve(known);
    this.#refuseRead(dataId);
    // The trace has failed and says so. A rejection here would only go unhandled: the function does not wait for it
    return new Promise(() => undefined);
  }

  #known(dataId: object): tf.BackendValues | undefined {
    const known = this.trace.known(dataId);
    return known instanceof BigInt64Array ? undefined : known;
  }

  #refuseRead(dataId: object): Error {
    const inside = runningOperations().length > 0 ? ` (inside tf.${currentOperation()})` : '';
    return this.trace.fail(
      `compile: the function reads the values of a tensor made by ${this.trace.makerOf(dataId)}${inside}, but nothing is computed while it is traced; return the tensor as an output, or keep data(), dataSync() and array() out of the function`,
    );
  }

  /** Symbolic tensors hold nothing: the graph lives as long as the trace. */
  override disposeData(): boolean {
    return true;
  }

  override refCount(): number {
    return 1;
  }

  override incRef(): void {
    // Nothing is counted
  }

  override numDataIds(): number {
    return 0;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.#trace = undefined;
  }
}
