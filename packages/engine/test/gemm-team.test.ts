import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Engine } from '../src/engine.js';
import { startEngine } from '../src/start-engine.js';
import { type Gemm, hasFusedMultiplyAdd, HeapGemm } from '../src/wasm/gemm.js';
import { splitCall } from '../src/wasm/gemm-parts.js';
import { GemmTeam } from '../src/wasm/gemm-team.js';
import { WasmHeap } from '../src/wasm/heap.js';
import { largestDifference, values } from './product.js';

describe('splitCall', () => {
  it('covers every element of every product once', () => {
    const size = (max: number) => fc.integer({ min: 1, max });
    fc.assert(
      fc.property(size(9), size(50), size(50), size(16), (batches, rows, columns, threads) => {
        const call = {
          a: 0,
          b: 0,
          c: 0,
          batches,
          rows,
          columns,
          depth: 1,
          aStep: 0,
          bStep: 0,
          transposeA: false,
          transposeB: false,
        };
        const counts = new Int32Array(batches * rows * columns);
        const parts = splitCall(call, threads);
        expect(parts.length).toBeLessThanOrEqual(threads);
        for (const part of parts) {
          for (let b = part.firstBatch; b < part.firstBatch + part.batches; b++) {
            for (let i = part.firstRow; i < part.firstRow + part.rows; i++) {
              for (let j = part.firstColumn; j < part.firstColumn + part.columns; j++) {
                const at = (b * rows + i) * columns + j;
                counts[at] = (counts[at] ?? 0) + 1;
              }
            }
          }
        }
        expect(counts.every((count) => count === 1)).toBe(true);
      }),
    );
  });
});

const transpositions = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

// Large enough to be worth sharing between 4 threads or 12, which split them along this axis
const products = [
  { axis: 'rows', batches: 1, rows: 260, columns: 153, depth: 310 },
  { axis: 'rows of a short batch', batches: 2, rows: 200, columns: 150, depth: 311 },
  { axis: 'columns', batches: 1, rows: 47, columns: 1100, depth: 300 },
  { axis: 'columns of a short batch', batches: 2, rows: 45, columns: 1103, depth: 90 },
  { axis: 'batches', batches: 40, rows: 70, columns: 66, depth: 74 },
  { axis: 'batches of one A', batches: 40, rows: 70, columns: 66, depth: 74 },
  { axis: 'batches of one B', batches: 40, rows: 70, columns: 66, depth: 74 },
];

describe.each([4, 12])('a team of %s', (threads) => {
  let engine: Engine;
  let heap: WasmHeap;
  let alone: HeapGemm;
  let team: GemmTeam;

  beforeAll(async () => {
    engine = await startEngine('wasm', { threads: 1 });
    const backend: unknown = tf.backend();
    if (!(backend instanceof BackendWasm)) throw new Error('expected the wasm backend');
    heap = new WasmHeap(backend);
    const fused = hasFusedMultiplyAdd();
    alone = new HeapGemm(heap, fused);
    team = await GemmTeam.start(heap, fused, threads);
  });
  afterAll(async () => {
    team.dispose();
    alone.dispose();
    await engine.dispose();
  });

  /** The result of a call with fresh operands, and whether other threads took part. */
  const compute = (
    gemm: Gemm,
    { axis, batches, rows, columns, depth }: (typeof products)[number],
    [transposeA, transposeB]: readonly [boolean, boolean],
  ) => {
    const place = (data: Float32Array): number => {
      const address = heap.allocate(data.byteLength);
      heap.floats(address, data.length).set(data);
      return address;
    };
    const aCount = axis === 'batches of one A' ? 1 : batches;
    const bCount = axis === 'batches of one B' ? 1 : batches;
    const a = place(values(aCount * rows * depth, 1));
    const b = place(values(bCount * depth * columns, 2));
    const c = place(new Float32Array(batches * rows * columns).fill(NaN));
    const aStep = aCount > 1 ? rows * depth : 0;
    const bStep = bCount > 1 ? depth * columns : 0;
    gemm.run({ a, b, c, batches, aStep, bStep, rows, columns, depth, transposeA, transposeB });
    const result = heap.floats(c, batches * rows * columns).slice();
    for (const address of [a, b, c]) heap.free(address);
    return result;
  };

  it.each(
    products.flatMap((product) =>
      transpositions.map((transposed) => [product.axis, transposed, product] as const),
    ),
  )('finds what one thread finds, split by %s (transposed: %j)', (_, transposed, product) => {
    const before = team.sharedProducts;
    const found = compute(team, product, transposed);
    expect(team.sharedProducts).toBe(before + 1);
    expect(largestDifference(found, compute(alone, product, transposed))).toBe(0);
  });

  it('does a small product alone', () => {
    const before = team.sharedProducts;
    const product = { axis: 'rows', batches: 1, rows: 32, columns: 32, depth: 32 };
    expect(
      largestDifference(compute(team, product, [false, true]), compute(alone, product, [false, true])),
    ).toBe(0);
    expect(team.sharedProducts).toBe(before);
  });

  it('shares products again and again, of changing sizes', () => {
    const before = team.sharedProducts;
    const sizes = [products[0], products[4]].flatMap((product) => (product === undefined ? [] : [product]));
    const expected = sizes.map((product) => compute(alone, product, [true, false]));
    for (let i = 0; i < 15; i++) {
      for (const [index, product] of sizes.entries()) {
        expect(largestDifference(compute(team, product, [true, false]), expected[index] ?? [])).toBe(0);
      }
    }
    expect(team.sharedProducts).toBe(before + 30);
  });
});
