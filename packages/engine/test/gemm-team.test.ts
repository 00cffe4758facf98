import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Engine } from '../src/engine.js';
import { startEngine } from '../src/start-engine.js';
import { type Gemm, hasFusedMultiplyAdd, HeapGemm } from '../src/wasm/gemm.js';
import { splitCall } from '../src/wasm/gemm-parts.js';
import { GemmTeam, type TeamOptions } from '../src/wasm/gemm-team.js';
import { gemmWorkerSource } from '../src/wasm/gemm-worker.js';
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

/** Both sides of the protocol, made slow and unsteady at the places where they could miss each other. */
describe('a team whose threads are unsteady', () => {
  // As little as is shared between two threads
  const [rows, depth, columns] = [160, 160, 160] as const;
  const fused = hasFusedMultiplyAdd();
  let engine: Engine;
  let heap: WasmHeap;
  let alone: HeapGemm;
  let addresses: { readonly a: number; readonly b: number; readonly c: number };
  let emitWarning: jest.SpiedFunction<typeof process.emitWarning>;

  beforeAll(async () => {
    engine = await startEngine('wasm', { threads: 1 });
    const backend: unknown = tf.backend();
    if (!(backend instanceof BackendWasm)) throw new Error('expected the wasm backend');
    heap = new WasmHeap(backend);
    alone = new HeapGemm(heap, fused);
    const allocate = (length: number): number => heap.allocate(length * Float32Array.BYTES_PER_ELEMENT);
    addresses = { a: allocate(rows * depth), b: allocate(depth * columns), c: allocate(rows * columns) };
  });
  beforeEach(() => {
    emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(async () => {
    alone.dispose();
    await engine.dispose();
  });

  const left = values(rows * depth + 100, 1);
  const right = values(depth * columns, 2);
  /** A product of operands that depend on the seed, below 100. C begins full of NaN. */
  const compute = (gemm: Gemm, seed: number): Float32Array => {
    const { a, b, c } = addresses;
    heap.floats(a, rows * depth).set(left.subarray(seed, seed + rows * depth));
    heap.floats(b, depth * columns).set(right);
    heap.floats(c, rows * columns).fill(NaN);
    const call = { ...addresses, batches: 1, aStep: 0, bStep: 0, rows, columns, depth };
    gemm.run({ ...call, transposeA: false, transposeB: true });
    return heap.floats(c, rows * columns).slice();
  };
  const withTeam = async (
    threads: number,
    options: TeamOptions,
    use: (team: GemmTeam) => void | Promise<void>,
  ): Promise<void> => {
    const team = await GemmTeam.start(heap, fused, threads, options);
    try {
      await use(team);
    } finally {
      team.dispose();
    }
  };

  /** Waits for up to so many milliseconds, deterministically uneven, before and after each of these calls. */
  const unsteady = (names: readonly string[], milliseconds: number): string => `
    {
      let state = require('node:worker_threads').workerData.index + 1;
      const pause = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const end = performance.now() + (${milliseconds} * state) / 2 ** 32;
        while (performance.now() < end);
      };
      for (const name of ${JSON.stringify(names)}) {
        const original = Atomics[name];
        Atomics[name] = (...args) => {
          pause();
          const result = original(...args);
          pause();
          return result;
        };
      }
    }`;

  it.each([2, 4])('of %s, finds what one thread finds, product after product', async (threads) => {
    const workerSource = unsteady(['add', 'notify'], 0.6) + gemmWorkerSource;
    // The notice of a turn comes when the others may have seen the turn, finished it, and be waiting for the next
    const { notify } = Atomics;
    let calls = 0;
    jest.spyOn(Atomics, 'notify').mockImplementation((array, index, count) => {
      const end = performance.now() + (calls++ % 4);
      while (performance.now() < end);
      return notify(array, index, count);
    });
    await withTeam(threads, { workerSource }, (team) => {
      // One after another without a break; C of the last product is not that of the next
      const turns = 40;
      const expected = [compute(alone, 8), compute(alone, 9)];
      for (let turn = 0; turn < turns; turn++) {
        const found = [compute(team, 8), compute(team, 9)];
        expect(found.map((c, i) => largestDifference(c, expected[i] ?? []))).toEqual([0, 0]);
      }
      expect([team.sharedProducts, calls]).toEqual([2 * turns, 2 * turns]);
      expect(team.isRetired).toBe(false);
    });
    expect(emitWarning).not.toHaveBeenCalled();
  });

  const troubles = [
    {
      trouble: 'does not answer',
      workerSource: `require('node:worker_threads').parentPort.postMessage('ready');
        setInterval(() => undefined, 1000);`,
      message: "2 of 2 threads didn't answer within",
    },
    {
      trouble: 'fails',
      workerSource: gemmWorkerSource.replace('gemm(...', 'index === 1 && gemm.missing(...'),
      message: '1 of 2 threads failed; matrix products go on in one thread',
    },
  ];
  it.each(troubles)('goes on alone with one warning if it $trouble', async ({ workerSource, message }) => {
    await withTeam(3, { workerSource, patienceMilliseconds: 100 }, (team) => {
      for (let seed = 0; seed < 3; seed++) {
        expect(largestDifference(compute(team, seed), compute(alone, seed))).toBe(0);
      }
      expect([team.isRetired, team.sharedProducts]).toEqual([true, 1]);
    });
    expect(emitWarning.mock.calls).toEqual([[expect.stringContaining(message), 'GemmTeamWarning']]);
  });

  it('goes on alone if a thread ends of itself', async () => {
    const workerSource = `require('node:worker_threads').parentPort.postMessage('ready');
      setTimeout(() => { throw new Error('no more memory'); }, 5);`;
    await withTeam(2, { workerSource }, async (team) => {
      const end = performance.now() + 10_000;
      while (!team.isRetired && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(team.isRetired).toBe(true);
      expect(largestDifference(compute(team, 1), compute(alone, 1))).toBe(0);
      expect(team.sharedProducts).toBe(0);
    });
    expect(emitWarning.mock.calls).toEqual([
      [expect.stringContaining('a thread ended with Error: no more memory'), 'GemmTeamWarning'],
    ]);
  });

  it('does alone what does not fit into the shared memory', async () => {
    await withTeam(2, {}, (team) => {
      const grow = jest.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
        throw new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded');
      });
      const found = compute(team, 5);
      expect(grow).toHaveBeenCalledTimes(1);
      grow.mockRestore();
      expect(largestDifference(found, compute(alone, 5))).toBe(0);
      expect([team.isRetired, team.sharedProducts]).toEqual([false, 0]);
    });
  });

  it('does not start if a thread ends before it is ready', async () => {
    await expect(GemmTeam.start(heap, fused, 3, { workerSource: 'process.exit(7)' })).rejects.toThrow(
      'GemmTeam: a thread ended with code 7 before it was ready',
    );
  });
});
