import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { batchRuns } from '../src/wasm/batch-runs.js';

/** The operand's matrix for matrix `index` of the output, dimension by dimension. */
function operandIndex(index: number, shape: readonly number[], outShape: readonly number[]): number {
  let rest = index;
  let result = 0;
  let stride = 1;
  for (let fromEnd = 1; fromEnd <= outShape.length; fromEnd++) {
    const coordinate = rest % (outShape.at(-fromEnd) ?? 1);
    rest = Math.floor(rest / (outShape.at(-fromEnd) ?? 1));
    const size = shape.at(-fromEnd) ?? 1;
    if (fromEnd <= shape.length && size > 1) result += coordinate * stride;
    stride *= fromEnd <= shape.length ? size : 1;
  }
  return result;
}

describe('batchRuns', () => {
  it('gives every matrix of any broadcast batch its operands', () => {
    const shapes = fc
      .array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 })
      .chain((out) =>
        fc.tuple(
          fc.constant(out),
          fc.array(fc.boolean(), { minLength: out.length, maxLength: out.length }),
          fc.array(fc.boolean(), { minLength: out.length, maxLength: out.length }),
          fc.nat({ max: out.length }),
        ),
      );
    fc.assert(
      fc.property(shapes, ([out, onesOfA, onesOfB, dropped]) => {
        const a = out.map((size, i) => (onesOfA[i] === true ? 1 : size));
        const b = out.map((size, i) => (onesOfB[i] === true && a[i] !== 1 ? 1 : size)).slice(dropped);
        const outShape = out.map((_, i) => Math.max(a[i] ?? 1, b[i - dropped] ?? 1));
        const seen: [number, number][] = [];
        for (const run of batchRuns(a, b, outShape)) {
          expect(run.first).toBe(seen.length);
          expect(Math.min(run.aStep, run.bStep)).toBeGreaterThanOrEqual(0);
          for (let i = 0; i < run.count; i++)
            seen.push([run.aFirst + i * run.aStep, run.bFirst + i * run.bStep]);
        }
        const size = outShape.reduce((product, x) => product * x, 1);
        const expected = Array.from({ length: size }, (_, i) => [
          operandIndex(i, a, outShape),
          operandIndex(i, b, outShape),
        ]);
        expect(seen).toEqual(expected);
      }),
    );
  });

  it('makes one run of equal batches, and of a batch against one matrix', () => {
    expect(batchRuns([4, 3], [4, 3], [4, 3])).toEqual([
      { first: 0, count: 12, aFirst: 0, bFirst: 0, aStep: 1, bStep: 1 },
    ]);
    expect(batchRuns([4, 3], [1], [4, 3])).toEqual([
      { first: 0, count: 12, aFirst: 0, bFirst: 0, aStep: 1, bStep: 0 },
    ]);
    expect(batchRuns([], [], [])).toEqual([{ first: 0, count: 1, aFirst: 0, bFirst: 0, aStep: 0, bStep: 0 }]);
    expect(batchRuns([0], [1], [0])).toEqual([]);
  });
});
