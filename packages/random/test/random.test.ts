import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { normals, seededGenerator, shuffledOrder } from '../src/index.js';

/** Six standard deviations: a correct generator fails once in 10⁹ runs, and these runs are always the same. */
const sigmas = 6;

describe('seededGenerator', () => {
  it('repeats itself under the same seed and stream only', () => {
    const words = (...seeds: [number, ...number[]]): number[] => {
      const generator = seededGenerator(...seeds);
      return Array.from({ length: 8 }, () => generator.word());
    };
    expect(words(5)).toEqual(words(5));
    const all = [
      words(0),
      words(1),
      words(-1),
      words(2 ** 32),
      words(0, 0),
      words(0, 1),
      words(1, 0),
      words(0, 0, 1),
    ];
    expect(new Set(all.flat()).size).toBe(all.length * 8);
  });

  it('gives uniform first numbers over neighbouring seeds', () => {
    const bins = new Array<number>(16).fill(0);
    const rounds = 16_000;
    for (let seed = 0; seed < rounds; seed++) {
      const bin = Math.floor(seededGenerator(seed).uniform() * 16);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    const deviation = Math.sqrt((rounds / 16) * (15 / 16));
    for (const count of bins) expect(Math.abs(count - rounds / 16)).toBeLessThan(sigmas * deviation);
  });

  it('draws integers below the bound, all of them', () => {
    const generator = seededGenerator(3);
    const seen = new Set(Array.from({ length: 500 }, () => generator.below(7)));
    expect([...seen].sort((i, j) => i - j)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('refuses what is no safe integer', () => {
    expect(() => seededGenerator(0.5)).toThrow('seededGenerator: seed must be a safe integer; got 0.5');
    expect(() => seededGenerator(1, NaN)).toThrow('got NaN');
  });
});

describe('normals', () => {
  it('have mean 0, variance 1, no skew and kurtosis 3', () => {
    const draw = normals(seededGenerator(11));
    const size = 200_000;
    const moments = [0, 0, 0, 0];
    for (let i = 0; i < size; i++) {
      const x = draw();
      [x, x ** 2, x ** 3, x ** 4].forEach((power, k) => {
        moments[k] = (moments[k] ?? 0) + power / size;
      });
    }
    // Variances of x, x², x³, x⁴ under N(0, 1) are 1, 2, 15, 96.
    [0, 1, 0, 3].forEach((expected, k) => {
      const deviation = Math.sqrt(([1, 2, 15, 96][k] ?? NaN) / size);
      expect(Math.abs((moments[k] ?? NaN) - expected)).toBeLessThan(sigmas * deviation);
    });
  });
});

describe('shuffledOrder', () => {
  it('is a permutation, the same for the same seed', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(), (size, seed) => {
        const order = shuffledOrder(size, seededGenerator(seed));
        expect([...order].sort((i, j) => i - j)).toEqual(Array.from({ length: size }, (_, i) => i));
        expect(shuffledOrder(size, seededGenerator(seed))).toEqual(order);
      }),
    );
  });

  // With pure-rand's own seeding this fails: some places get an element 12% too often.
  it('puts every element everywhere equally often over neighbouring seeds', () => {
    const counts = Array.from({ length: 4 }, () => new Array<number>(4).fill(0));
    const rounds = 8000;
    for (let seed = 0; seed < rounds; seed++) {
      shuffledOrder(4, seededGenerator(seed)).forEach((element, position) => {
        const row = counts[position];
        if (row !== undefined) row[element] = (row[element] ?? 0) + 1;
      });
    }
    const deviation = Math.sqrt(rounds * 0.25 * 0.75);
    for (const count of counts.flat()) expect(Math.abs(count - rounds / 4)).toBeLessThan(sigmas * deviation);
  });
});
