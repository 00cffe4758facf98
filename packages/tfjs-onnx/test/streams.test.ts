/**
 * Declared streams: fresh at each run, reproducible, the same mask forward and backward, and random enough.
 *
 * @jest-environment ./test/node-arrays-environment.mjs
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, eagerStreams, type NamedTensors, type RandomStream } from '../src/index.js';
import { keepMask, keyOf, normals, uniforms } from '../src/streams/counter-generator.js';
import { get } from './contract/case.js';

async function values(tensors: NamedTensors, name: string): Promise<number[]> {
  return Array.from(await get(tensors, name).data<'float32'>());
}

const sum = (list: Iterable<number>): number => {
  let total = 0;
  for (const value of list) total += value;
  return total;
};

const dropped = (inputs: NamedTensors, { noise }: Record<'noise', RandomStream>): NamedTensors => ({
  first: noise.apply(get(inputs, 'x'), 0.3),
  second: noise.apply(get(inputs, 'x'), 0.3),
});

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

describe('a declared stream', () => {
  const size = 4000;

  it('draws anew at each run and at each request, and the same under a seed and a draw', async () => {
    const streams = { noise: { seed: 11 } };
    const fn = compile(dropped, { streams, threads: 1 });
    const twin = compile(dropped, { streams, threads: 1 });
    const other = compile(dropped, { streams: { noise: { seed: 12 } }, threads: 1 });
    const x = tf.ones([size]);
    const zero = await fn.run({ x });
    const one = await fn.run({ x });
    const first = await values(zero, 'first');
    // Two independent masks agree in 1 − 2·0.3·0.7 = 58% of their elements
    const agreement = (a: readonly number[], b: readonly number[]): number =>
      sum(a.map((value, i) => (value === b[i] ? 1 : 0))) / size;
    const independent = [
      await values(zero, 'second'),
      await values(one, 'first'),
      await values(await other.run({ x }), 'first'),
    ];
    for (const mask of independent) expect(Math.abs(agreement(first, mask) - 0.58)).toBeLessThan(0.04);

    expect(await values(await twin.run({ x }), 'first')).toEqual(first);
    expect(await values(await fn.run({ x }, { draw: 0 }), 'first')).toEqual(first);
    expect(await values(await fn.run({ x }, { draw: 1 }), 'second')).toEqual(await values(one, 'second'));
    const eager = dropped({ x }, eagerStreams(streams, 0));
    expect(await values(eager, 'first')).toEqual(first);
    await Promise.all([fn.dispose(), twin.dispose(), other.dispose()]);
  });

  it('drops at the rate, and keeps the mean', async () => {
    for (const rate of [0, 0.1, 0.5, 0.9]) {
      const fn = compile<'noise'>((inputs, { noise }) => ({ y: noise.apply(get(inputs, 'x'), rate) }), {
        streams: { noise: { seed: 5 } },
        threads: 1,
      });
      const count = 200_000;
      const y = await values(await fn.run({ x: tf.ones([count]) }), 'y');
      const zeros = y.filter((value) => value === 0).length;
      // Five standard deviations
      expect(Math.abs(zeros / count - rate)).toBeLessThanOrEqual(5 * Math.sqrt((rate * (1 - rate)) / count));
      const kept = y.find((value) => value !== 0);
      // The rate is rounded to a multiple of 2^-16
      expect(Math.abs((kept ?? NaN) * (1 - rate) - 1)).toBeLessThan(1e-4);
      await fn.dispose();
    }
  });

  it('uses one mask forward and backward', async () => {
    const fn = compile<'noise'>(
      (inputs, { noise }) => {
        const { value, grad } = tf.valueAndGrad((v: tf.Tensor) => {
          const y = noise.apply(v, 0.4);
          return tf.sum(tf.mul(y, 3));
        })(get(inputs, 'x'));
        return { value, grad };
      },
      { streams: { noise: { seed: 8 } }, threads: 1 },
    );
    for (let run = 0; run < 3; run++) {
      const x = tf.ones([501]);
      const outputs = await fn.run({ x });
      const gradient = await values(outputs, 'grad');
      // y = mask · x, so at x = 1 the value is the sum of the gradient
      expect(sum(gradient)).toBeCloseTo((await values(outputs, 'value'))[0] ?? NaN, 1);
      expect(new Set(gradient.map((g) => g.toFixed(3)))).toEqual(new Set(['0.000', '5.000']));
    }
    await fn.dispose();
  });

  it('gives uniform and normal tensors', async () => {
    const fn = compile<'noise'>(
      (inputs, { noise }) => ({
        u: tf.add(noise.uniform([100, 3], -1, 2), tf.mul(0, get(inputs, 'x'))),
        n: noise.normal([7], 10, 0.1),
      }),
      { streams: { noise: { seed: 1 } }, threads: 1 },
    );
    const outputs = await fn.run({ x: tf.scalar(1) });
    const u = await values(outputs, 'u');
    expect(Math.min(...u)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...u)).toBeLessThan(2);
    expect(sum(u) / 300).toBeCloseTo(0.5, 0);
    for (const value of await values(outputs, 'n')) expect(Math.abs(value - 10)).toBeLessThan(1);
    await fn.dispose();
  });

  it('refuses a rate out of range', async () => {
    const fn = compile<'noise'>((inputs, { noise }) => ({ y: noise.apply(get(inputs, 'x'), 1) }), {
      streams: { noise: { seed: 1 } },
    });
    await expect(fn.run({ x: tf.ones([2]) })).rejects.toThrow(/rate must be in \[0, 1\); got 1/);
  });
});

describe('the counter generator', () => {
  const count = 1 << 17;

  it('spreads bits evenly, at every position of the word (5 standard deviations)', () => {
    for (let seed = 0; seed < 4; seed++) {
      const bits = Array.from({ length: 24 }, () => 0);
      for (const value of uniforms(keyOf('bits', seed), count, 0, 2 ** 24)) {
        for (let bit = 0; bit < 24; bit++) bits[bit] = (bits[bit] ?? 0) + ((value >>> bit) & 1);
      }
      for (const ones of bits) expect(Math.abs(ones - count / 2)).toBeLessThan(2.5 * Math.sqrt(count));
    }
  });

  it('fills 256 cells evenly, singly and in pairs (χ², 5 standard deviations)', () => {
    const draws = uniforms(keyOf('cells', 3), count, 0, 16);
    const chiSquared = (cells: readonly number[], drawn: number): number =>
      sum(cells.map((n) => (n - drawn / cells.length) ** 2 / (drawn / cells.length)));
    const singles = Array.from({ length: 256 }, () => 0);
    const pairs = Array.from({ length: 256 }, () => 0);
    draws.forEach((value, i) => {
      const single = Math.floor(value * 16);
      singles[single] = (singles[single] ?? 0) + 1;
      if (i === 0) return;
      const pair = Math.floor(draws[i - 1] ?? 0) * 16 + Math.floor(value);
      pairs[pair] = (pairs[pair] ?? 0) + 1;
    });
    for (const chi of [chiSquared(singles, count), chiSquared(pairs, count - 1)])
      expect(Math.abs(chi - 255)).toBeLessThan(5 * Math.sqrt(2 * 255));
  });

  it('has uncorrelated neighbours and uncorrelated keys', () => {
    const centred = (seed: number): Float32Array => uniforms(keyOf('runs', seed), count, -0.5, 0.5);
    const correlation = (a: Float32Array, b: Float32Array, lag: number): number =>
      (12 * sum(a.map((value, i) => value * (b[i + lag] ?? 0)))) / count;
    const base = centred(1);
    for (const lag of [1, 2, 7, 64, 768])
      expect(Math.abs(correlation(base, base, lag))).toBeLessThan(5 / Math.sqrt(count));
    for (const seed of [0, 2, 3, 2 ** 32 + 1])
      expect(Math.abs(correlation(base, centred(seed), 0))).toBeLessThan(5 / Math.sqrt(count));
  });

  it('gives normals with the moments of a normal', () => {
    const z = normals(keyOf('normal', 9), count, 0, 1);
    const moment = (power: number): number => sum(z.map((value) => value ** power)) / count;
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(count));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / count));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / count));
  });

  it('repeats itself: these values must never change, or checkpoints would', () => {
    expect([...keepMask(keyOf('dropout', 1, 2, 3), 12, 1 << 15)]).toEqual([
      1, 1, 1, 1, 0, 0, 1, 0, 0, 1, 1, 1,
    ]);
  });
});
