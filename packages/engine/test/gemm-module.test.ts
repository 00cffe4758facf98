import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { workspaceBytes } from '../src/wasm/blocked-product.js';
import {
  compileGemm,
  type GemmCall,
  gemmArguments,
  hasFusedMultiplyAdd,
  instantiateGemm,
  wholeCall,
} from '../src/wasm/gemm.js';
import { largestDifference, plainProduct, values } from './product.js';

const floatBytes = 4;
const guard = 12345.5;

/** Runs a call in a memory of its own; C begins full of NaN, with guards before and after it. */
function run(
  sizes: Omit<GemmCall, 'a' | 'b' | 'c'>,
  a: Float32Array,
  b: Float32Array,
  fused: boolean,
): number[] {
  const cLength = sizes.batches * sizes.rows * sizes.columns;
  const aStart = workspaceBytes / floatBytes;
  const bStart = aStart + a.length;
  const cStart = bStart + b.length + 1;
  const memory = new WebAssembly.Memory({
    initial: Math.ceil(((cStart + cLength + 1) * floatBytes) / 65_536),
  });
  const heap = new Float32Array(memory.buffer);
  heap.set(a, aStart);
  heap.set(b, bStart);
  heap.fill(NaN, cStart, cStart + cLength);
  heap[cStart - 1] = guard;
  heap[cStart + cLength] = guard;
  const call = { ...sizes, a: aStart * floatBytes, b: bStart * floatBytes, c: cStart * floatBytes };
  instantiateGemm(compileGemm({ fused }), memory)(...gemmArguments(call, wholeCall(call), 0));
  expect([heap[cStart - 1], heap[cStart + cLength]]).toEqual([guard, guard]);
  return [...heap.subarray(cStart, cStart + cLength)];
}

const variants = [
  { fused: false, run: it, title: 'multiply and add' },
  { fused: true, run: hasFusedMultiplyAdd() ? it : it.skip, title: 'fused multiply-add (from Node 22 on)' },
];

describe.each(variants)('gemm with $title', ({ fused, run: test }) => {
  test('equals the plain product for any sizes and transpositions, and writes nothing else', () => {
    const size = (max: number) => fc.integer({ min: 1, max });
    fc.assert(
      fc.property(
        size(40),
        size(40),
        size(40),
        fc.boolean(),
        fc.boolean(),
        fc.nat(),
        (rows, columns, depth, transposeA, transposeB, seed) => {
          const a = values(rows * depth, seed);
          const b = values(depth * columns, seed + 1);
          const shape = { rows, columns, depth, transposeA, transposeB };
          const c = run({ ...shape, batches: 1, aStep: 0, bStep: 0 }, a, b, fused);
          expect(largestDifference(c, plainProduct(a, b, shape))).toBeLessThan(1e-5);
        },
      ),
      { numRuns: 150 },
    );
  });

  // Beyond each of the blocks: 384 deep, 96 rows, 1536 columns
  test.each([
    { rows: 5, columns: 7, depth: 900 },
    { rows: 201, columns: 3, depth: 20 },
    { rows: 3, columns: 3203, depth: 9 },
    { rows: 100, columns: 9, depth: 390 },
    { rows: 5, columns: 1541, depth: 390 },
  ])('equals the plain product over several blocks: $rows × $depth · $depth × $columns', (sizes) => {
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      const shape = { ...sizes, transposeA, transposeB };
      const a = values(sizes.rows * sizes.depth, 1);
      const b = values(sizes.depth * sizes.columns, 2);
      const c = run({ ...shape, batches: 1, aStep: 0, bStep: 0 }, a, b, fused);
      expect(largestDifference(c, plainProduct(a, b, shape))).toBeLessThan(1e-4);
    }
  });

  test('takes a batch in one call, with steps of either operand or none', () => {
    const shape = { rows: 6, columns: 9, depth: 5, transposeA: true, transposeB: false };
    for (const [aStep, bStep] of [
      [30, 45],
      [0, 45],
      [30, 0],
    ] as const) {
      const a = values(90, 3);
      const b = values(135, 4);
      const c = run({ ...shape, batches: 3, aStep, bStep }, a, b, fused);
      const expected = [0, 1, 2].flatMap((i) =>
        plainProduct(a.subarray(i * aStep), b.subarray(i * bStep), shape),
      );
      expect(largestDifference(c, expected)).toBeLessThan(1e-5);
    }
  });

  // B is packed once for all only if it is one block
  test.each([
    { rows: 4, columns: 8, depth: 400 },
    { rows: 4, columns: 1600, depth: 12 },
    { rows: 100, columns: 8, depth: 12 },
  ])('takes a batch that shares a B: $rows × $depth · $depth × $columns', (sizes) => {
    const shape = { ...sizes, transposeA: true, transposeB: true };
    const aStep = sizes.rows * sizes.depth;
    const a = values(3 * aStep, 7);
    const b = values(sizes.depth * sizes.columns, 8);
    const c = run({ ...shape, batches: 3, aStep, bStep: 0 }, a, b, fused);
    const expected = [0, 1, 2].flatMap((i) => plainProduct(a.subarray(i * aStep), b, shape));
    expect(largestDifference(c, expected)).toBeLessThan(1e-4);
  });

  test('lets infinities and NaNs of the operands through to their own rows only', () => {
    const a = values(8 * 3, 5);
    a[0] = Infinity;
    a[4] = NaN;
    const b = values(3 * 5, 6);
    const c = run(
      { rows: 8, columns: 5, depth: 3, transposeA: false, transposeB: false, batches: 1, aStep: 0, bStep: 0 },
      a,
      b,
      fused,
    );
    expect(c.slice(0, 5).every((x) => !Number.isFinite(x))).toBe(true);
    expect(c.slice(5, 10).every((x) => Number.isNaN(x))).toBe(true);
    expect(c.slice(10).every((x) => Number.isFinite(x))).toBe(true);
  });
});
