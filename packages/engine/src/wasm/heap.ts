/**
 * The memory in which tfjs's wasm backend keeps its tensors.
 *
 * The backend's `wasm` field is Emscripten's module object, which tfjs's type declarations leave untyped; what is used of
 * it is checked here once, so that another version of the package fails with a sentence and not with a crash.
 */

/** Emscripten's module object, as far as it is used. */
interface WasmRuntime {
  readonly asm: { readonly memory: WebAssembly.Memory };
  _malloc(bytes: number): number;
  _free(address: number): void;
}

function isRuntime(value: unknown): value is WasmRuntime {
  return (
    typeof value === 'object' &&
    value !== null &&
    '_malloc' in value &&
    typeof value._malloc === 'function' &&
    '_free' in value &&
    typeof value._free === 'function' &&
    'asm' in value &&
    typeof value.asm === 'object' &&
    value.asm !== null &&
    'memory' in value.asm &&
    value.asm.memory instanceof WebAssembly.Memory
  );
}

export class WasmHeap {
  private readonly runtime: WasmRuntime;

  /** @param backend the started `BackendWasm` */
  constructor(backend: { readonly wasm: unknown }) {
    if (!isRuntime(backend.wasm)) {
      throw new Error(
        'WasmHeap: expected the wasm backend of @tensorflow/tfjs-backend-wasm 4.22, whose module has _malloc, _free and asm.memory; received something else. Install that version.',
      );
    }
    this.runtime = backend.wasm;
  }

  get memory(): WebAssembly.Memory {
    return this.runtime.asm.memory;
  }

  /** A new block; its address in bytes, a multiple of 8. Blocks above 2 GiB have addresses too. */
  allocate(bytes: number): number {
    const address = this.runtime._malloc(bytes) >>> 0;
    if (address === 0) {
      throw new Error(
        `WasmHeap: out of memory: ${bytes} bytes more don't fit into WebAssembly's 4 GiB. Try a smaller batch or shorter sequences.`,
      );
    }
    return address;
  }

  free(address: number): void {
    this.runtime._free(address);
  }

  /** Floats at an address. The view dies when the memory grows, that is at any allocation: take it, use it, drop it. */
  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  /** The whole memory. This view dies when the memory grows, too. */
  bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }
}
