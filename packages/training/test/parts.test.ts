import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { cutByLength, cuttingFor, filledRows } from '../src/parts.js';
import type { Cutting, Part } from '../src/parts.js';

const identity = (length: number): number => length;
const any = (overhead: number, most = 100): Cutting => ({ overhead, most, rows: identity, length: identity });
const cut = (lengths: number[], cutting: Cutting): (readonly number[])[] =>
  cutByLength(lengths, identity, cutting).map(({ indices }) => indices);
const costOf = (parts: readonly Part[], overhead: number): number =>
  parts.reduce((sum, { rows, length }) => sum + overhead + rows * length, 0);
const few = (most: number, longest: number): Cutting =>
  cuttingFor({ device: 'cpu', shapes: 'few' }, most, longest);

describe('cutByLength', () => {
  it('cuts where padding costs more than another part', () => {
    expect(cut([5, 50, 6, 48, 5], any(20))).toEqual([
      [50, 48],
      [6, 5, 5],
    ]);
    expect(cut([5, 50, 6, 48, 5], any(1000))).toEqual([[50, 48, 6, 5, 5]]);
    expect(cut([3, 9], any(Infinity))).toEqual([[9, 3]]);
    expect(cut([3, 9], any(0))).toEqual([[9], [3]]);
    expect(cut([1, 90, 80, 2, 70], any(Infinity, 3))).toEqual([
      [90, 80, 70],
      [2, 1],
    ]);
  });

  it('keeps every example once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1 }),
        fc.nat(500),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom('any', 'few'),
        (lengths, overhead, most, shapes) => {
          const indices = lengths.map((_, i) => i);
          const cutting = shapes === 'any' ? any(overhead, most) : few(most, 100);
          const parts = cutByLength(indices, (i) => lengths[i] ?? NaN, cutting);
          expect(parts.flatMap((part) => part.indices).sort((i, j) => i - j)).toEqual(indices);
          for (const part of parts) {
            expect(part.indices.length).toBeLessThanOrEqual(Math.min(most, part.rows));
            expect(part.length).toBeGreaterThanOrEqual(
              Math.max(...part.indices.map((i) => lengths[i] ?? NaN)),
            );
            const filled = filledRows(part);
            expect(filled).toHaveLength(part.rows);
            expect(filled.slice(0, part.indices.length)).toEqual(part.indices);
            expect(new Set(filled)).toEqual(new Set(part.indices));
          }
        },
      ),
    );
  });

  it('finds the cheapest of all ways to cut the sorted batch', () => {
    const waysToCut = (sorted: number[]): number[][][] => {
      if (sorted.length === 0) return [[]];
      return sorted.flatMap((_, i) =>
        waysToCut(sorted.slice(i + 1)).map((rest) => [sorted.slice(0, i + 1), ...rest]),
      );
    };
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }),
        fc.nat(80),
        fc.constantFrom('any', 'few'),
        (lengths, overhead, shapes) => {
          const cutting = shapes === 'any' ? any(overhead) : { ...few(8, 60), overhead };
          const sorted = [...lengths].sort((a, b) => b - a);
          const asParts = (ways: number[][]): Part[] =>
            ways.map((indices) => ({
              indices,
              rows: cutting.rows(indices.length),
              length: cutting.length(Math.max(...indices)),
            }));
          const least = Math.min(...waysToCut(sorted).map((ways) => costOf(asParts(ways), overhead)));
          expect(costOf(cutByLength(lengths, identity, cutting), overhead)).toBe(least);
        },
      ),
    );
  });
});

describe('cuttingFor', () => {
  it('leaves sizes alone where any shape will do', () => {
    const cutting = cuttingFor({ device: 'gpu', shapes: 'any' }, 32, 128);
    expect([cutting.rows(27), cutting.length(27), cutting.overhead]).toEqual([27, 27, Infinity]);
  });

  it('takes few lengths and powers of two of rows where shapes are to be few', () => {
    const { rows, length } = few(32, 500);
    expect([1, 8, 9, 16, 17, 24, 25, 33, 49, 65, 97, 129, 257].map(length)).toEqual([
      8, 8, 16, 16, 24, 24, 32, 48, 64, 96, 128, 192, 384,
    ]);
    expect(length(450)).toBe(500);
    expect([1, 8, 9, 27, 32].map(rows)).toEqual([8, 8, 16, 32, 32]);
    expect([1, 2, 3].map(few(3, 500).rows)).toEqual([4, 4, 4]);
  });

  it('makes few shapes of many batches', () => {
    const shapes = new Set<string>();
    for (let seed = 0; seed < 500; seed++) {
      const lengths = Array.from(
        { length: 20 + (seed % 13) },
        (_, i) => 3 + ((seed * 31 + i * i * 17) % 126),
      );
      for (const part of cutByLength(lengths, identity, few(32, 128)))
        shapes.add(`${part.rows} ${part.length}`);
    }
    expect(shapes.size).toBeLessThanOrEqual(3 * 8);
  });
});
