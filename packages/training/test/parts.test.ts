import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { cutByLength } from '../src/parts.js';

const identity = (length: number): number => length;
const costOf = (parts: number[][], overhead: number): number =>
  parts.reduce((sum, part) => sum + overhead + part.length * Math.max(...part), 0);

describe('cutByLength', () => {
  it('cuts where padding costs more than another part', () => {
    expect(cutByLength([5, 50, 6, 48, 5], identity, 20)).toEqual([
      [50, 48],
      [6, 5, 5],
    ]);
    expect(cutByLength([5, 50, 6, 48, 5], identity, 1000)).toEqual([[50, 48, 6, 5, 5]]);
    expect(cutByLength([3, 9], identity, Infinity)).toEqual([[9, 3]]);
    expect(cutByLength([3, 9], identity, 0)).toEqual([[9], [3]]);
  });

  it('keeps every example once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1 }),
        fc.nat(500),
        (lengths, overhead) => {
          const indices = lengths.map((_, i) => i);
          const parts = cutByLength(indices, (i) => lengths[i] ?? NaN, overhead);
          expect(parts.flat().sort((i, j) => i - j)).toEqual(indices);
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
        (lengths, overhead) => {
          const sorted = [...lengths].sort((a, b) => b - a);
          const least = Math.min(...waysToCut(sorted).map((parts) => costOf(parts, overhead)));
          expect(costOf(cutByLength(lengths, identity, overhead), overhead)).toBe(least);
        },
      ),
    );
  });
});
