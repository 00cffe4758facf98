/**
 * Floating-point tensors as 32-bit floats.
 *
 * F16 (IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits) and BF16 (the upper half of a 32-bit float) convert
 * exactly, subnormals, infinities and NaN payloads included; F64 rounds to nearest.
 */
import { SafetensorsError } from './error.js';
import type { Tensor } from './tensor.js';

const halfSubnormalUnit = 2 ** -24;

function fromHalf(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i] ?? 0;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) {
      // Zero or subnormal: fraction · 2^-24 is a normal 32-bit float.
      floats[i] = (sign === 0 ? 1 : -1) * fraction * halfSubnormalUnit;
    } else {
      const wide = exponent === 0x1f ? 0xff : exponent - 15 + 127;
      bits[i] = sign | (wide << 23) | (fraction << 13);
    }
  }
  return floats;
}

function fromBrainFloat(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] ?? 0) << 16;
  return floats;
}

/**
 * The elements of an F32, F16, BF16 or F64 tensor as 32-bit floats; an F32 tensor's own array, not a copy.
 *
 * @throws SafetensorsError for any other element type; `where` names the tensor in the message.
 */
export function toFloat32(tensor: Tensor, where = 'tensor'): Float32Array {
  switch (tensor.dtype) {
    case 'F32':
      return tensor.data;
    case 'F64':
      return new Float32Array(tensor.data);
    case 'F16':
      return fromHalf(tensor.data);
    case 'BF16':
      return fromBrainFloat(tensor.data);
    case 'C64':
    case 'U16':
    case 'BOOL':
    case 'U8':
    case 'F8_E5M2':
    case 'F8_E4M3':
    case 'F8_E8M0':
    case 'I8':
    case 'I16':
    case 'I32':
    case 'U32':
    case 'I64':
    case 'U64':
      throw new SafetensorsError(
        `${where}: expected dtype F32, F16, BF16 or F64 to read as 32-bit floats; received ${tensor.dtype}`,
      );
  }
}
