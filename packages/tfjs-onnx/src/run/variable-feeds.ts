/**
 * What a compiled function's sessions are fed for its variables. tfjs gives a variable a new data id when it is assigned,
 * so values are read once for each data id. Where the device's memory can be used, those that stay the same from one run
 * to the next stay there, shared with all that is compiled for the device; those that training changes in every step are
 * fed from the host as before, which is one copy to the device and not two.
 */
import type * as ort from 'onnxruntime-node';
import type * as tf from '@tensorflow/tfjs';
import type { DeviceMemory, Share } from './device-memory.js';
import { largestFloat16, toFloat16 } from './float16.js';
import type { OnnxRuntime } from './onnx-runtime.js';
import type { TensorReader } from './read-tensor.js';

/** A variable's values as a run found them. */
interface Known {
  readonly dataId: tf.DataId;
  /** On the device, from the second run that finds them on. */
  share?: Promise<Share>;
}

export interface VariableFeedsParts {
  readonly runtime: OnnxRuntime;
  readonly read: TensorReader;
  /** Variables that are fed as float16. */
  readonly float16: ReadonlySet<tf.Variable>;
  readonly device: DeviceMemory | undefined;
}

export class VariableFeeds {
  readonly #parts: VariableFeedsParts;
  readonly #host = new WeakMap<tf.DataId, Promise<ort.Tensor>>();
  readonly #known = new Map<tf.Variable, Known>();
  #closed = false;

  constructor(parts: VariableFeedsParts) {
    this.#parts = parts;
  }

  isHalved(variable: tf.Variable): boolean {
    return this.#parts.float16.has(variable);
  }

  /** Calls `fn` with a reader whose tensors stay until it has ended, whatever is assigned or closed meanwhile. */
  async during<T>(fn: (read: TensorReader<tf.Variable>) => Promise<T>): Promise<T> {
    const shares: Share[] = [];
    try {
      return await fn(async (variable) => {
        const share = await this.#onDevice(variable);
        if (share === undefined) return this.#onHost(variable);
        shares.push(share);
        return share.tensor;
      });
    } finally {
      for (const share of shares) share.giveBack();
    }
  }

  /** Gives back what it has on the device. */
  close(): void {
    this.#closed = true;
    for (const known of this.#known.values()) forget(known);
    this.#known.clear();
  }

  /** The caller's own share in a variable's values on the device; undefined where they are fed from the host. */
  async #onDevice(variable: tf.Variable): Promise<Share | undefined> {
    const { device } = this.#parts;
    if (device === undefined || this.#closed || variable.size === 0) return undefined;
    const { dataId } = variable;
    const halved = this.isHalved(variable);
    const type = halved ? 'float16' : variable.dtype;
    const before = this.#known.get(variable);
    const again = before?.dataId === dataId;
    const known: Known = again ? before : { dataId };
    if (!again) {
      forget(before);
      this.#known.set(variable, known);
      // Weights in float16 are frozen, and those that somebody else has there already cost nothing
      if (!halved && !device.has(dataId, type)) return undefined;
    }
    const share = (): Promise<Share> => device.share(dataId, type, () => this.#read(variable));
    if (known.share === undefined) {
      known.share = share();
      known.share.catch(() => {
        delete known.share;
      });
    }
    return share();
  }

  #onHost(variable: tf.Variable): Promise<ort.Tensor> {
    const { dataId } = variable;
    const found = this.#host.get(dataId);
    if (found !== undefined) return found;
    const reading = this.#read(variable);
    this.#host.set(dataId, reading);
    reading.catch(() => this.#host.delete(dataId));
    return reading;
  }

  async #read(variable: tf.Variable): Promise<ort.Tensor> {
    const tensor = await this.#parts.read(variable);
    if (!this.isHalved(variable)) return tensor;
    const { data } = tensor;
    if (!(data instanceof Float32Array))
      throw new Error(
        `run: variable ${variable.name} must be float32 to be fed as float16; got ${tensor.type}`,
      );
    const tooLarge = data.find((x) => Math.abs(x) > largestFloat16);
    if (tooLarge !== undefined)
      throw new Error(
        `run: float16 holds values up to ${largestFloat16}; variable ${variable.name} has ${tooLarge}, so leave it out of options.float16`,
      );
    return new this.#parts.runtime.Tensor('float16', toFloat16(data), tensor.dims);
  }
}

/** Gives back what is on the device, as soon as it is there. */
function forget(known: Known | undefined): void {
  known?.share?.then(
    (share) => {
      share.giveBack();
    },
    () => undefined,
  );
}
