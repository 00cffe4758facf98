/** 16-bit floats against known values, a formula, and numpy. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SafetensorsError, toFloat32 } from '../src/index.js';

const every16Bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
const half = (...bits: number[]): number[] => [
  ...toFloat32({ dtype: 'F16', shape: [bits.length], data: Uint16Array.from(bits) }),
];
const brain = (...bits: number[]): number[] => [
  ...toFloat32({ dtype: 'BF16', shape: [bits.length], data: Uint16Array.from(bits) }),
];

describe('F16', () => {
  it.each([
    ['zero', 0x0000, 0],
    ['minus zero', 0x8000, -0],
    ['one', 0x3c00, 1],
    ['minus two', 0xc000, -2],
    ['a third, rounded', 0x3555, 0.333251953125],
    ['the largest', 0x7bff, 65504],
    ['the smallest normal', 0x0400, 2 ** -14],
    ['the largest subnormal', 0x03ff, 2 ** -14 - 2 ** -24],
    ['the smallest subnormal', 0x0001, 2 ** -24],
    ['the smallest negative subnormal', 0x8001, -(2 ** -24)],
    ['infinity', 0x7c00, Infinity],
    ['minus infinity', 0xfc00, -Infinity],
    ['NaN', 0x7e00, NaN],
  ])('%s', (_, bits, value) => {
    expect(half(bits)).toEqual([value]);
  });

  it('equals numpy on all 65,536 values, NaN payloads included', () => {
    const floats = toFloat32({ dtype: 'F16', shape: [65536], data: every16Bits });
    // sha256 of np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float32).tobytes(), numpy 2.4.6.
    expect(createHash('sha256').update(new Uint8Array(floats.buffer)).digest('hex')).toBe(
      'f4fdd084f85448d28c84f20fabf4022ba938e40b7f382d2727dec6f41ac6267a',
    );
  });
});

describe('BF16', () => {
  it.each([
    ['zero', 0x0000, 0],
    ['minus zero', 0x8000, -0],
    ['one', 0x3f80, 1],
    ['pi, rounded', 0x4049, 3.140625],
    ['the largest', 0x7f7f, 3.3895313892515355e38],
    ['the smallest normal', 0x0080, 2 ** -126],
    ['the smallest subnormal', 0x0001, 2 ** -133],
    ['the largest negative subnormal', 0x807f, -(2 ** -126 - 2 ** -133)],
    ['infinity', 0x7f80, Infinity],
    ['minus infinity', 0xff80, -Infinity],
    ['NaN', 0x7fc0, NaN],
  ])('%s', (_, bits, value) => {
    expect(brain(bits)).toEqual([value]);
  });

  it('is the upper half of a 32-bit float, on all 65,536 values', () => {
    const floats = toFloat32({ dtype: 'BF16', shape: [65536], data: every16Bits });
    const view = new DataView(floats.buffer);
    const wrong = [...every16Bits].filter((bits, i) => view.getUint32(4 * i, true) !== bits * 65536);
    expect(wrong).toEqual([]);
  });
});

describe('other element types', () => {
  it('F32 is the same array', () => {
    const data = new Float32Array([1, 2]);
    expect(toFloat32({ dtype: 'F32', shape: [2], data })).toBe(data);
  });

  it('F64 rounds to nearest, and overflows to infinity', () => {
    const floats = toFloat32({ dtype: 'F64', shape: [3], data: new Float64Array([0.1, 1e300, -1e-300]) });
    expect([...floats]).toEqual([Math.fround(0.1), Infinity, -0]);
  });

  it.each(['U16', 'U8', 'I32', 'I64', 'C64', 'BOOL', 'F8_E4M3'] as const)('%s is refused', (dtype) => {
    const run = (): unknown => {
      switch (dtype) {
        case 'U16':
          return toFloat32({ dtype, shape: [0], data: new Uint16Array() }, 'm: tensor "a"');
        case 'I32':
          return toFloat32({ dtype, shape: [0], data: new Int32Array() }, 'm: tensor "a"');
        case 'I64':
          return toFloat32({ dtype, shape: [0], data: new BigInt64Array() }, 'm: tensor "a"');
        case 'C64':
          return toFloat32({ dtype, shape: [0], data: new Float32Array() }, 'm: tensor "a"');
        case 'U8':
        case 'BOOL':
        case 'F8_E4M3':
          return toFloat32({ dtype, shape: [0], data: new Uint8Array() }, 'm: tensor "a"');
      }
    };
    expect(run).toThrow(SafetensorsError);
    expect(run).toThrow(
      `m: tensor "a": expected dtype F32, F16, BF16 or F64 to read as 32-bit floats; received ${dtype}`,
    );
  });
});
