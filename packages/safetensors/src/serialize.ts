/**
 * Lays tensors out as a safetensors file. The bytes depend on the contents alone: metadata by key, tensors by element
 * width (widest first, so that every tensor is aligned) and then by name, the header padded with spaces to a multiple
 * of 8 bytes. Names are ordered by UTF-16 code unit.
 */
import { dtypeBytes, dtypeNames, isDtype } from './dtype.js';
import { quoted, SafetensorsError, shown } from './error.js';
import { lengthBytes, metadataKey } from './header.js';
import { requireLittleEndianHost, tensorBytes, tensorOver } from './tensor.js';
import type { Tensor } from './tensor.js';

/** Tensors by name, as a Map or as `Object.entries` of an object. */
export type NamedTensors = Iterable<readonly [string, Tensor]>;
/** Texts by name, as a Map or as `Object.entries` of an object. */
export type Metadata = Iterable<readonly [string, string]>;

/**
 * A safetensors file, in memory.
 *
 * @throws SafetensorsError for a name given twice, or an array that does not match its element type and shape
 */
export function serializeSafetensors(tensors: NamedTensors, metadata: Metadata = []): Uint8Array {
  const parts = layOut(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** The file's parts in order: length and header, then each tensor's bytes (views of the given arrays). */
export function layOut(tensors: NamedTensors, metadata: Metadata): readonly Uint8Array[] {
  requireLittleEndianHost();
  const named = unique(tensors, 'tensor');
  for (const [name, tensor] of named) requireSound(name, tensor);
  const ordered = [...named].sort(
    ([nameA, a], [nameB, b]) => dtypeBytes(b.dtype) - dtypeBytes(a.dtype) || compare(nameA, nameB),
  );
  let offset = 0;
  const fields: string[] = [];
  const texts = [...unique(metadata, 'metadata')].sort(([a], [b]) => compare(a, b));
  for (const [key, text] of texts) requireText(key, text);
  if (texts.length > 0)
    fields.push(field(metadataKey, `{${texts.map(([k, v]) => field(k, JSON.stringify(v))).join(',')}}`));
  for (const [name, { dtype, shape, data }] of ordered) {
    const end = offset + data.byteLength;
    fields.push(field(name, JSON.stringify({ dtype, shape, data_offsets: [offset, end] })));
    offset = end;
  }
  const views = ordered.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return [encodeHeader(`{${fields.join(',')}}`), ...views];
}

/** Written field by field: an object literal would move integer-like names to the front and lose `__proto__`. */
function field(name: string, json: string): string {
  return `${JSON.stringify(name)}:${json}`;
}

function encodeHeader(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const padded = Math.ceil(text.length / 8) * 8;
  const header = new Uint8Array(lengthBytes + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(text, lengthBytes);
  return header;
}

function unique<T>(pairs: Iterable<readonly [string, T]>, what: string): ReadonlyMap<string, T> {
  const map = new Map<string, T>();
  for (const [name, value] of pairs) {
    if (map.has(name)) {
      throw new SafetensorsError(
        `serializeSafetensors: expected unique ${what} names; received ${quoted(name)} twice`,
      );
    }
    if (!isUnicode(name)) {
      throw new SafetensorsError(
        `serializeSafetensors: expected ${what} names in valid Unicode; received ${quoted(name)}`,
      );
    }
    map.set(name, value);
  }
  return map;
}

function requireText(key: string, text: unknown): void {
  if (typeof text !== 'string' || !isUnicode(text)) {
    throw new SafetensorsError(
      `serializeSafetensors: expected metadata ${quoted(key)} to be a string of valid Unicode; received ${shown(text)}`,
    );
  }
}

/** JSON could carry half of a surrogate pair, but UTF-8, and so every other reader, cannot. */
function isUnicode(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function requireSound(name: string, tensor: Tensor): void {
  const where = `serializeSafetensors: tensor ${quoted(name)}`;
  if (name === metadataKey)
    throw new SafetensorsError(`${where}: expected another name; the format reserves this one`);
  const { dtype, shape, data } = tensor;
  if (!isDtype(dtype)) {
    throw new SafetensorsError(
      `${where}: expected a dtype of ${dtypeNames.join(', ')}; received ${shown(dtype)}`,
    );
  }
  if (!shape.every((side) => Number.isSafeInteger(side) && side >= 0)) {
    throw new SafetensorsError(
      `${where}: expected a shape of non-negative integers; received ${shown(shape)}`,
    );
  }
  // The tag, not the class: an array may come from another realm, and a Buffer is a Uint8Array.
  const expectedArray = tensorOver(new ArrayBuffer(0), { dtype, shape }).data[Symbol.toStringTag];
  const receivedArray: unknown = data[Symbol.toStringTag];
  if (receivedArray !== expectedArray) {
    throw new SafetensorsError(
      `${where}: expected a ${expectedArray} for ${dtype}; received ${shown(receivedArray)}`,
    );
  }
  const expected = tensorBytes(tensor);
  if (data.byteLength !== expected) {
    throw new SafetensorsError(
      `${where}: expected ${expected} bytes for ${dtype} of shape ${shown(shape)}; received ${data.byteLength}`,
    );
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
