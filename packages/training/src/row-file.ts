/**
 * Rows of float32 values, of any lengths, in one file: written once in any order, then read at random. The file has a
 * temporary name until it is whole. Values are in the machine's own byte order: it is for the process that wrote it.
 */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** The frozen prefix's output could not be kept or read: a full disk, a folder without permission, a damaged file. */
export class PrefixCacheError extends Error {
  override readonly name = 'PrefixCacheError';
}

export interface RowFile {
  readonly path: string;
  /** The file's size. */
  readonly bytes: number;
  /** Reads a row into an array of its length. */
  read(row: number, into: Float32Array): Promise<void>;
  /** Closes the file and takes it away. */
  remove(): Promise<void>;
}

/** Writes one row; `values` has its length. */
export type WriteRow = (row: number, values: Float32Array) => Promise<void>;

/**
 * @param folder an existing folder
 * @param sizes every row's number of values
 * @param fill writes every row
 * @throws PrefixCacheError when the file cannot be written; whatever goes wrong, nothing is left in the folder
 */
export async function writeRowFile(
  folder: string,
  sizes: readonly number[],
  fill: (write: WriteRow) => Promise<void>,
): Promise<RowFile> {
  const starts: number[] = [];
  let bytes = 0;
  for (const size of sizes) {
    starts.push(bytes);
    bytes += size * Float32Array.BYTES_PER_ELEMENT;
  }
  const written = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw new PrefixCacheError(
        `train: cachePrefix.folder must be a folder that can be written to, with room for ${bytes} bytes; ` +
          `got ${folder}: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  };
  const path = join(folder, `frozen-prefix-${randomUUID()}.f32`);
  const draft = `${path}.partial`;
  const draftHandle = await written(open(draft, 'wx'));
  try {
    try {
      await fill((row, values) => written(writeAll(draftHandle, bytesOf(values), starts[row] ?? NaN)));
    } finally {
      await written(draftHandle.close());
    }
    await written(rename(draft, path));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  const handle = await open(path, 'r');
  return {
    path,
    bytes,
    read: (row, into) => readAll(handle, bytesOf(into), starts[row] ?? NaN, path),
    remove: async () => {
      await handle.close();
      await rm(path, { force: true });
    },
  };
}

/** An array's bytes, shared with it. */
function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

async function readAll(handle: FileHandle, bytes: Uint8Array, position: number, path: string): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) {
      throw new PrefixCacheError(`train: ${path} is shorter than it was written: it has been damaged`);
    }
    done += bytesRead;
  }
}
