/** Reads a whole safetensors file that is already in memory. `openSafetensors` reads one from disk, tensor by tensor. */
import { lengthBytes, parseHeader, parseHeaderLength } from './header.js';
import { requireLittleEndianHost, tensorOver } from './tensor.js';
import type { Tensor } from './tensor.js';

export interface ParsedSafetensors {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads every tensor of a safetensors file held in `bytes`. The tensors are copies.
 *
 * @param source names the bytes in error messages
 * @throws SafetensorsError for anything that the format forbids
 */
export function parseSafetensors(bytes: Uint8Array, source = 'parseSafetensors'): ParsedSafetensors {
  requireLittleEndianHost();
  const headerBytes = parseHeaderLength(bytes, bytes.length, source);
  const json = bytes.subarray(lengthBytes, lengthBytes + headerBytes);
  const { entries, metadata, dataStart } = parseHeader(
    json,
    bytes.length - lengthBytes - headerBytes,
    source,
  );
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of entries) {
    // Copied, since an offset in the file need not suit the element's alignment in memory.
    const copy = new Uint8Array(entry.end - entry.begin);
    copy.set(bytes.subarray(dataStart + entry.begin, dataStart + entry.end));
    tensors.set(name, tensorOver(copy.buffer, { dtype: entry.dtype, shape: entry.shape }));
  }
  return { tensors, metadata };
}
