/**
 * A device's memory as far as ONNX Runtime lets a Node program use it: tensors that stay there between runs and are fed
 * to any session on that device.
 *
 * There is no call that uploads an array. But a session's outputs may stay where they are computed
 * (`preferredOutputLocation: 'gpu-buffer'`), and all sessions on a device share it: so a session that only copies its
 * input uploads. Of the Node binding's providers, webgpu alone can do that: a tensor on another device, such as CUDA's,
 * has no counterpart in JavaScript.
 */
import type * as ort from 'onnxruntime-node';
import { identityModel } from '../onnx/identity-model.js';
import type { OnnxRuntime } from './onnx-runtime.js';

type ProviderConfig = ort.InferenceSession.ExecutionProviderConfig;
type StoredType = 'float32' | 'float16' | 'int32' | 'bool';

const storedTypes: readonly string[] = ['float32', 'float16', 'int32', 'bool'] satisfies StoredType[];

/** Somebody's share in a tensor on the device: it stays until all shares are given back. */
export interface Share {
  readonly tensor: ort.Tensor;
  giveBack(): void;
}

interface Stored {
  readonly uploaded: Promise<ort.Tensor>;
  shares: number;
}

export class DeviceMemory {
  readonly #runtime: OnnxRuntime;
  readonly #provider: ProviderConfig;
  readonly #closed: () => void;
  readonly #copiers = new Map<StoredType, Promise<ort.InferenceSession>>();
  readonly #stored = new Map<object, Map<string, Stored>>();
  #users = 0;
  #ending: Promise<unknown> = Promise.resolve();

  constructor(runtime: OnnxRuntime, provider: ProviderConfig, closed: () => void) {
    this.#runtime = runtime;
    this.#provider = provider;
    this.#closed = closed;
  }

  open(): this {
    this.#users++;
    return this;
  }

  /** What nobody else uses is freed. */
  async close(): Promise<void> {
    this.#users--;
    this.#endIfUnused();
    await this.#ending;
  }

  /** Whether a tensor can be kept there. */
  takes({ type, size }: ort.Tensor): boolean {
    return isStoredType(type) && size > 0;
  }

  /** Whether there is a tensor of a key and type. */
  has(key: object, type: string): boolean {
    return this.#stored.get(key)?.has(type) ?? false;
  }

  /**
   * @param key what the values belong to; they are uploaded once for each key and type
   * @param read gives them
   */
  async share(key: object, type: string, read: () => Promise<ort.Tensor>): Promise<Share> {
    const ofKey = this.#stored.get(key) ?? new Map<string, Stored>();
    const stored = ofKey.get(type) ?? { uploaded: read().then((tensor) => this.#upload(tensor)), shares: 0 };
    this.#stored.set(key, ofKey.set(type, stored));
    stored.shares++;
    const giveBack = (): void => {
      if (--stored.shares > 0) return;
      ofKey.delete(type);
      if (ofKey.size === 0) this.#stored.delete(key);
      stored.uploaded.then(
        (tensor) => {
          tensor.dispose();
          this.#endIfUnused();
        },
        // Those who waited for it were told
        () => {
          this.#endIfUnused();
        },
      );
    };
    try {
      return { tensor: await stored.uploaded, giveBack };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  async #upload(tensor: ort.Tensor): Promise<ort.Tensor> {
    const { type, dims, size } = tensor;
    if (!isStoredType(type)) throw new Error(`run: a tensor of ${type} cannot be kept on the device`);
    const { Tensor } = this.#runtime;
    const copier = await this.#copier(type);
    const { copy } = await copier.run({ values: tensor.reshape([size]) });
    if (copy === undefined) throw new Error('run: ONNX Runtime gave no copy of a tensor on the device');
    return Tensor.fromGpuBuffer(copy.gpuBuffer, {
      dataType: type,
      dims,
      dispose: () => {
        copy.dispose();
      },
    });
  }

  #copier(type: StoredType): Promise<ort.InferenceSession> {
    const known = this.#copiers.get(type);
    if (known !== undefined) return known;
    const made = this.#runtime.InferenceSession.create(identityModel(type, 'values', 'copy'), {
      executionProviders: [this.#provider],
      preferredOutputLocation: 'gpu-buffer',
      logSeverityLevel: 3,
    });
    this.#copiers.set(type, made);
    return made;
  }

  #endIfUnused(): void {
    if (this.#users > 0 || this.#stored.size > 0) return;
    this.#closed();
    const copiers = [...this.#copiers.values()];
    this.#copiers.clear();
    this.#ending = Promise.allSettled(copiers.map(async (copier) => (await copier).release()));
  }
}

const isStoredType = (type: string): type is StoredType => storedTypes.includes(type);

/** By the provider's settings. */
const memories = new Map<string, DeviceMemory>();

const nameOf = (provider: ProviderConfig | undefined): string | undefined =>
  typeof provider === 'string' ? provider : provider?.name;

/** The memory of the first provider's device, to be closed after use; undefined where tensors cannot stay on it. */
export function openDeviceMemory(
  runtime: OnnxRuntime,
  providers: readonly ProviderConfig[],
): DeviceMemory | undefined {
  const [provider] = providers;
  if (provider === undefined || nameOf(provider) !== 'webgpu') return undefined;
  const key = JSON.stringify(provider);
  const memory: DeviceMemory =
    memories.get(key) ??
    new DeviceMemory(runtime, provider, () => {
      if (memories.get(key) === memory) memories.delete(key);
    });
  memories.set(key, memory);
  return memory.open();
}
