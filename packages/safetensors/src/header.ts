/**
 * The header: an 8-byte little-endian length N, then N bytes of JSON, `{ name: { dtype, shape, data_offsets } }` with an
 * optional `__metadata__` of strings. Offsets count from the end of the header.
 *
 * Source: https://github.com/huggingface/safetensors (README, "Format"; limits as in its Rust reader): N ≤ 100,000,000,
 * the JSON begins with `{`, keys are unique, and the tensors tile the data exactly, without holes, overlaps or a rest.
 * Everything is checked before any tensor is read, and nothing is allocated before the length is known to be sound.
 */
import { dtypeNames, isDtype } from './dtype.js';
import { findDuplicateKey } from './duplicate-keys.js';
import { quoted, SafetensorsError, shown } from './error.js';
import { tensorBytes } from './tensor.js';
import type { TensorEntry } from './tensor.js';

/** Bytes of the length that begins a file. */
export const lengthBytes = 8;
/** The longest header that the format allows, in bytes. */
const maxHeaderBytes = 100_000_000;
export const metadataKey = '__metadata__';

/** Where a tensor lies: bytes `begin` to `end` (exclusive) of the data, which begins at `Header.dataStart`. */
export interface LocatedEntry extends TensorEntry {
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In the order of their bytes. */
  readonly entries: ReadonlyMap<string, LocatedEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Byte of the file at which the data begin. */
  readonly dataStart: number;
}

/**
 * The header's length from the first 8 bytes of a file of `fileBytes` bytes.
 *
 * @throws SafetensorsError when the file is too short, or the length over 100 MB or over what the file holds.
 */
export function parseHeaderLength(start: Uint8Array, fileBytes: number, source: string): number {
  if (fileBytes < lengthBytes || start.length < lengthBytes) {
    throw new SafetensorsError(
      `${source}: expected at least ${lengthBytes} bytes (the header's length); received ${fileBytes}`,
    );
  }
  const length = new DataView(start.buffer, start.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    throw new SafetensorsError(
      `${source}: expected a header of at most ${maxHeaderBytes} bytes; received a length of ${length.toString()} (is this a safetensors file?)`,
    );
  }
  const available = fileBytes - lengthBytes;
  if (length > BigInt(available)) {
    throw new SafetensorsError(
      `${source}: expected a header within the file's ${fileBytes} bytes; received a length of ${length.toString()} (file cut short?)`,
    );
  }
  return Number(length);
}

/**
 * Checks and reads the header's JSON.
 *
 * @param json the bytes after the length, all of them
 * @param dataBytes bytes of the file after the header
 * @param source names the file in messages
 * @throws SafetensorsError for anything that the format forbids
 */
export function parseHeader(json: Uint8Array, dataBytes: number, source: string): Header {
  const text = decodeUtf8(json, source);
  const parsed = parseJson(text, source);
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) {
    throw new SafetensorsError(
      `${source}: expected unique names in the header; received ${quoted(duplicate)} twice`,
    );
  }
  if (!isObject(parsed) || !text.startsWith('{')) {
    throw new SafetensorsError(
      `${source}: expected the header to be a JSON object, "{" its first byte; received ${shown(text.slice(0, 40))}`,
    );
  }
  const located: [string, LocatedEntry][] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(parsed)) {
    if (name === metadataKey) metadata = parseMetadata(value, source);
    else located.push([name, parseEntry(value, dataBytes, `${source}: tensor ${quoted(name)}`)]);
  }
  located.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  requireTiling(located, dataBytes, source);
  return { entries: new Map(located), metadata, dataStart: lengthBytes + json.length };
}

function decodeUtf8(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SafetensorsError(`${source}: expected a header in UTF-8; received other bytes`, { cause });
  }
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SafetensorsError(
      `${source}: expected a header in JSON; received ${shown(text.slice(0, 40))}, which does not parse`,
      { cause },
    );
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseMetadata(value: unknown, source: string): ReadonlyMap<string, string> {
  if (!isObject(value)) {
    throw new SafetensorsError(
      `${source}: expected ${metadataKey} to be an object of strings; received ${shown(value)}`,
    );
  }
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw new SafetensorsError(
        `${source}: expected ${metadataKey} ${quoted(key)} to be a string; received ${shown(text)}`,
      );
    }
    metadata.set(key, text);
  }
  return metadata;
}

function parseEntry(value: unknown, dataBytes: number, where: string): LocatedEntry {
  if (!isObject(value)) {
    throw new SafetensorsError(`${where}: expected { dtype, shape, data_offsets }; received ${shown(value)}`);
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype)) {
    throw new SafetensorsError(
      `${where}: expected a dtype of ${dtypeNames.join(', ')}; received ${shown(dtype)}`,
    );
  }
  if (!isSizes(shape)) {
    throw new SafetensorsError(
      `${where}: expected a shape of non-negative integers; received ${shown(shape)}`,
    );
  }
  const [begin, end] = isSizes(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || begin > end || end > dataBytes) {
    throw new SafetensorsError(
      `${where}: expected data_offsets [begin, end] with 0 <= begin <= end <= ${dataBytes}; received ${shown(offsets)}`,
    );
  }
  const expected = tensorBytes({ dtype, shape });
  if (end - begin !== expected) {
    throw new SafetensorsError(
      `${where}: expected ${Number.isNaN(expected) ? 'fewer than 2^53' : expected} bytes for ${dtype} of shape ${shown(shape)}; received ${end - begin}`,
    );
  }
  return { dtype, shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.every((side) => typeof side === 'number' && Number.isSafeInteger(side) && side >= 0)
  );
}

/** Each tensor begins where the one before ended, and the last ends with the data. `ordered` is by offsets. */
function requireTiling(
  ordered: readonly (readonly [string, LocatedEntry])[],
  dataBytes: number,
  source: string,
): void {
  let covered = 0;
  for (const [name, { begin, end }] of ordered) {
    if (begin !== covered) {
      const fault = begin < covered ? 'an overlap' : 'a hole';
      throw new SafetensorsError(
        `${source}: tensor ${quoted(name)}: expected to begin at byte ${covered}, where the one before ends; received ${begin} (${fault})`,
      );
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new SafetensorsError(
      `${source}: expected ${covered} bytes of data, as the header says; received ${dataBytes} (${dataBytes - covered} trailing)`,
    );
  }
}
