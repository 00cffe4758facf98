/** Caps and draws: the right number, no example lost or doubled, every example equally likely, the same for the same seed. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GlueError, splitRandom, takeFirst, takeRandom } from '../src/index.js';

const items = (length: number): number[] => Array.from({ length }, (_, i) => i);

describe('takeFirst', () => {
  it('keeps the file’s order, and gives all there is when asked for more', () => {
    expect(takeFirst(items(5), 3)).toEqual([0, 1, 2]);
    expect(takeFirst(items(2), 3)).toEqual([0, 1]);
    expect(takeFirst(items(2), 0)).toEqual([]);
  });
});

describe('random draws', () => {
  const draw = fc.tuple(fc.nat(60), fc.nat(60), fc.integer()).map(([a, b, seed]) => ({
    length: Math.max(a, b),
    count: Math.min(a, b),
    seed,
  }));

  it('part a list into the number asked for and the rest, each in order', () => {
    fc.assert(
      fc.property(draw, ({ length, count, seed }) => {
        const [drawn, rest] = splitRandom(items(length), count, seed);
        expect(drawn).toHaveLength(count);
        expect([...drawn, ...rest].sort((a, b) => a - b)).toEqual(items(length));
        expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
        expect(rest).toEqual([...rest].sort((a, b) => a - b));
        expect(takeRandom(items(length), count, seed)).toEqual(drawn);
      }),
    );
  });

  it('give all there is when takeRandom is asked for more', () => {
    expect(takeRandom(items(3), 10, 1)).toEqual([0, 1, 2]);
  });

  it('are the same for a seed and differ between seeds', () => {
    expect(takeRandom(items(1000), 100, 7)).toEqual(takeRandom(items(1000), 100, 7));
    const draws = new Set(items(50).map((seed) => takeRandom(items(1000), 10, seed).join()));
    expect(draws.size).toBe(50);
  });

  it('never change from one version to the next', () => {
    // What this code drew when it was written: another draw would change what a limited run trains on.
    expect(takeRandom(items(30), 6, 1)).toEqual([0, 7, 12, 13, 14, 27]);
    expect(takeRandom(items(30), 6, 2)).toEqual([9, 11, 15, 20, 24, 29]);
  });

  it('choose every example equally often', () => {
    const times = new Float64Array(20);
    const rounds = 20_000;
    for (let seed = 0; seed < rounds; seed++) {
      for (const item of takeRandom(items(20), 5, seed)) times[item] = (times[item] ?? 0) + 1;
    }
    // Binomial(20,000, 1/4): standard deviation 61; 5 of them.
    for (const count of times) expect(Math.abs(count - rounds / 4)).toBeLessThan(306);
  });
});

describe('refused', () => {
  it.each<[what: string, run: () => unknown, message: string]>([
    [
      'a negative count',
      () => takeFirst([], -1),
      'takeFirst: expected count to be a non-negative integer; received -1',
    ],
    [
      'half an example',
      () => takeRandom([], 0.5, 0),
      'takeRandom: expected count to be a non-negative integer; received 0.5',
    ],
    [
      'a seed that is no integer',
      () => takeRandom([], 0, NaN),
      'takeRandom: expected seed to be an integer; received NaN',
    ],
    [
      'a split larger than the list',
      () => splitRandom([1], 2, 0),
      'splitRandom: expected count in 0..1; received 2',
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(GlueError);
    expect(run).toThrow(message);
  });
});
