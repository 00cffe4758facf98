/**
 * Writes a safetensors file so that `path` holds either what it held before or the whole new file, whenever the process
 * or the machine stops: a temporary file in the same folder, flushed to disk, then renamed over `path`.
 */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { reasonOf, SafetensorsError } from './error.js';
import { layOut } from './serialize.js';
import type { Metadata, NamedTensors } from './serialize.js';

/** One write call may not take 2 GiB or more on every system. */
const maxWriteBytes = 2 ** 30;

/**
 * Writes tensors to `path`, replacing a file that is there. The bytes are those of `serializeSafetensors`.
 *
 * @throws SafetensorsError for unsound tensors (before anything is written), or when the file cannot be written
 */
export async function writeSafetensors(
  path: string,
  tensors: NamedTensors,
  metadata: Metadata = [],
): Promise<void> {
  const parts = layOut(tensors, metadata);
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      for (const part of parts) await writeAll(handle, part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new SafetensorsError(`${path}: cannot write: ${reasonOf(cause)}`, { cause });
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.length - done, maxWriteBytes));
    done += bytesWritten;
  }
}

/** Makes the rename itself durable. Windows has no such call for folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
