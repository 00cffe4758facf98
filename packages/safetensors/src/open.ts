/**
 * Reads a safetensors file tensor by tensor: opening it checks the whole header, and each read fetches one tensor's
 * range, so that a file larger than memory can be read.
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { isMissing, quoted, reasonOf, SafetensorsError } from './error.js';
import { lengthBytes, parseHeader, parseHeaderLength } from './header.js';
import type { Header } from './header.js';
import { requireLittleEndianHost, tensorOver } from './tensor.js';
import type { Tensor, TensorEntry } from './tensor.js';
import { toFloat32 } from './to-float32.js';

/** One read call may not ask for 2 GiB or more on every system. */
const maxReadBytes = 2 ** 30;

/** An open safetensors file. Reads may overlap. Close it when done. */
export interface SafetensorsFile {
  readonly path: string;
  /** Tensor names in the order of their bytes in the file. */
  readonly names: readonly string[];
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  /** One tensor, in its own element type. @throws SafetensorsError when there is no such tensor. */
  read(name: string): Promise<Tensor>;
  /** One F32, F16, BF16 or F64 tensor as 32-bit floats. @throws SafetensorsError for another element type. */
  readFloat32(name: string): Promise<Float32Array>;
  /** Releases the file. Closing twice is harmless; reading afterwards is an error. */
  close(): Promise<void>;
}

/**
 * Opens a safetensors file and checks its header.
 *
 * @throws SafetensorsError when the file cannot be read, or is not exactly what the format asks for
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  requireLittleEndianHost();
  const handle = await openHandle(path);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new SafetensorsError(`${path}: expected a file; received a folder or device`);
    const start = await readRange(handle, 0, Math.min(lengthBytes, stats.size), path);
    const headerBytes = parseHeaderLength(start, stats.size, path);
    const json = await readRange(handle, lengthBytes, headerBytes, path);
    return new OpenFile(path, handle, parseHeader(json, stats.size - lengthBytes - headerBytes, path));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class OpenFile implements SafetensorsFile {
  readonly path: string;
  readonly names: readonly string[];
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly #header: Header;
  #handle: FileHandle | undefined;

  constructor(path: string, handle: FileHandle, header: Header) {
    this.path = path;
    this.#handle = handle;
    this.#header = header;
    this.names = [...header.entries.keys()];
    this.entries = new Map([...header.entries].map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
    this.metadata = header.metadata;
  }

  async read(name: string): Promise<Tensor> {
    const where = `${this.path}: tensor ${quoted(name)}`;
    const entry = this.#header.entries.get(name);
    if (entry === undefined) {
      throw new SafetensorsError(
        `${where}: expected one of the file's ${this.names.length} tensors; not found`,
      );
    }
    if (this.#handle === undefined)
      throw new SafetensorsError(`${where}: expected an open file; it was closed`);
    const { dtype, shape, begin, end } = entry;
    const bytes = await readRange(this.#handle, this.#header.dataStart + begin, end - begin, where);
    return tensorOver(bytes.buffer, { dtype, shape });
  }

  async readFloat32(name: string): Promise<Float32Array> {
    return toFloat32(await this.read(name), `${this.path}: tensor ${quoted(name)}`);
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}

async function openHandle(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const reason = isMissing(cause)
      ? 'expected a safetensors file; there is no such file'
      : `cannot open: ${reasonOf(cause)}`;
    throw new SafetensorsError(`${path}: ${reason}`, { cause });
  }
}

async function readRange(
  handle: FileHandle,
  position: number,
  length: number,
  where: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const ask = Math.min(length - done, maxReadBytes);
    const { bytesRead } = await handle.read(bytes, done, ask, position + done);
    if (bytesRead === 0) {
      throw new SafetensorsError(`${where}: expected ${length} bytes; the file ended after ${done}`);
    }
    done += bytesRead;
  }
  return bytes;
}
