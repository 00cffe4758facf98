/**
 * A tensor in memory: its element type, its shape, and the array that holds its elements in row-major order.
 *
 * JavaScript has no array of 16-bit or 8-bit floats: those keep their bit patterns in unsigned integers
 * (`toFloat32` converts the 16-bit ones). C64 is pairs of real and imaginary parts.
 */
import { dtypeBytes } from './dtype.js';
import type { Dtype } from './dtype.js';
import { SafetensorsError } from './error.js';

/** Element type and shape of a tensor; a scalar has shape []. */
export interface TensorEntry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

interface Typed<D extends Dtype, A> {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** The elements, row-major: product(shape) of them (twice as many for C64). */
  readonly data: A;
}

/** A tensor with its elements; `dtype` tells which array `data` is. */
export type Tensor =
  | Typed<'F32' | 'C64', Float32Array>
  | Typed<'F64', Float64Array>
  | Typed<'U16' | 'F16' | 'BF16', Uint16Array>
  | Typed<'BOOL' | 'U8' | 'F8_E5M2' | 'F8_E4M3' | 'F8_E8M0', Uint8Array>
  | Typed<'I8', Int8Array>
  | Typed<'I16', Int16Array>
  | Typed<'I32', Int32Array>
  | Typed<'U32', Uint32Array>
  | Typed<'I64', BigInt64Array>
  | Typed<'U64', BigUint64Array>;

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The format is little-endian and so is every machine that Node supports but s390x, where this refuses to go on. */
export function requireLittleEndianHost(): void {
  if (!hostIsLittleEndian) {
    throw new SafetensorsError('safetensors: expected a little-endian machine; this one is big-endian');
  }
}

/** Bytes that a tensor takes in the file, NaN when that is beyond 2^53. */
export function tensorBytes({ dtype, shape }: TensorEntry): number {
  let bytes = dtypeBytes(dtype);
  for (const side of shape) bytes *= side;
  return Number.isSafeInteger(bytes) ? bytes : NaN;
}

/** The tensor whose bytes fill `buffer`, which must hold exactly `tensorBytes(entry)` of them. No copy is made. */
export function tensorOver(buffer: ArrayBuffer, { dtype, shape }: TensorEntry): Tensor {
  switch (dtype) {
    case 'F32':
    case 'C64':
      return { dtype, shape, data: new Float32Array(buffer) };
    case 'F64':
      return { dtype, shape, data: new Float64Array(buffer) };
    case 'U16':
    case 'F16':
    case 'BF16':
      return { dtype, shape, data: new Uint16Array(buffer) };
    case 'BOOL':
    case 'U8':
    case 'F8_E5M2':
    case 'F8_E4M3':
    case 'F8_E8M0':
      return { dtype, shape, data: new Uint8Array(buffer) };
    case 'I8':
      return { dtype, shape, data: new Int8Array(buffer) };
    case 'I16':
      return { dtype, shape, data: new Int16Array(buffer) };
    case 'I32':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'U32':
      return { dtype, shape, data: new Uint32Array(buffer) };
    case 'I64':
      return { dtype, shape, data: new BigInt64Array(buffer) };
    case 'U64':
      return { dtype, shape, data: new BigUint64Array(buffer) };
  }
}
