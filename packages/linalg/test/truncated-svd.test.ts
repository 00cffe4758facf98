import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Matrix as MlMatrix, SVD } from 'ml-matrix';
import {
  gram,
  Matrix,
  multiply,
  multiplyTransposedLeft,
  transpose,
  truncatedSvd,
  type TruncatedSvd,
} from '../src/index.js';
import { largestDifference, randomMatrix } from './random-matrix.js';

/** Orthonormal vectors, descending values, residuals as reported and as promised, the sign convention. */
function expectTriplets(a: Matrix, svd: TruncatedSvd, tolerance = 1e-6): void {
  const { u, singularValues, vt, residuals } = svd;
  const rank = singularValues.length;
  expect([u.rows, u.cols, vt.rows, vt.cols]).toEqual([a.rows, rank, rank, a.cols]);
  expect(largestDifference(multiplyTransposedLeft(u, u), Matrix.identity(rank))).toBeLessThan(1e-12);
  expect(largestDifference(gram(vt), Matrix.identity(rank))).toBeLessThan(1e-12);
  const top = singularValues[0] ?? Number.NaN;
  const forward = multiply(a, transpose(vt));
  const backward = multiply(transpose(a), u);
  singularValues.forEach((sigma, r) => {
    expect(sigma).toBeGreaterThanOrEqual(0);
    if (r > 0) expect(sigma).toBeLessThanOrEqual(singularValues[r - 1] ?? Number.NaN);
    const left = Math.hypot(...forward.column(r).map((value, k) => value - sigma * u.get(k, r)));
    const right = Math.hypot(...backward.column(r).map((value, k) => value - sigma * vt.get(r, k)));
    expect(Math.max(left, right)).toBeLessThanOrEqual(tolerance * top);
    expect(Math.abs(Math.max(left, right) - (residuals[r] ?? Number.NaN))).toBeLessThanOrEqual(1e-12 * top);
    const column = u.column(r);
    expect(Math.max(...column)).toBe(Math.max(...column.map(Math.abs)));
  });
  expect(svd.converged).toBe(true);
}

/** U diag(values) Vᵀ [m, n], where U and V are products of three random reflections. */
function withSpectrum(m: number, n: number, values: readonly number[], seed: number): Matrix {
  const a = Matrix.zeros(m, n);
  values.forEach((value, i) => {
    a.set(i, i, value);
  });
  return transpose(reflectRows(transpose(reflectRows(a, seed)), seed + 1000));
}

/** Every row x of `a` ← x − 2 (x·w) w, for three random unit vectors w in turn. */
function reflectRows(a: Matrix, seed: number): Matrix {
  let result = a;
  for (let k = 0; k < 3; k++) {
    const w = randomMatrix(a.cols, 1, seed + k);
    const square = w.data.reduce((sum, value) => sum + value * value, 0);
    const along = multiply(result, w); // [rows, 1]
    const data = result.data.map(
      (value, at) => value - ((2 * along.get(Math.floor(at / a.cols), 0)) / square) * w.get(at % a.cols, 0),
    );
    result = new Matrix(a.rows, a.cols, data);
  }
  return result;
}

function expectValues(svd: TruncatedSvd, expected: readonly number[], digits = 10): void {
  expect(svd.singularValues.length).toBe(expected.length);
  svd.singularValues.forEach((value, r) => {
    expect(value).toBeCloseTo(expected[r] ?? Number.NaN, digits);
  });
}

describe('truncatedSvd, full route (small matrices)', () => {
  it('agrees with ml-matrix at every shape and rank', () => {
    const size = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(size, size, fc.integer({ min: 0, max: 19 }), fc.integer(), (m, n, r, seed) => {
        const rank = 1 + (r % Math.min(m, n));
        const a = randomMatrix(m, n, seed);
        const svd = truncatedSvd(a, rank);
        expectTriplets(a, svd);
        expectValues(svd, new SVD(new MlMatrix(a.toRows()), { autoTranspose: true }).diagonal.slice(0, rank));
      }),
      { numRuns: 100 },
    );
  });

  it('keeps small values that squaring would lose', () => {
    const values = [1, 1e-5, 1e-9, 1e-12];
    const a = withSpectrum(30, 20, values, 3);
    const svd = truncatedSvd(a, 20, { tolerance: 1e-12 });
    values.forEach((value, r) => {
      expect((svd.singularValues[r] ?? Number.NaN) / value).toBeCloseTo(1, 3);
    });
  });

  it('completes orthonormal sets where the rank is less than asked for', () => {
    const a = multiply(randomMatrix(12, 2, 1), randomMatrix(2, 9, 2));
    const svd = truncatedSvd(a, 9);
    expectTriplets(a, svd);
    expect(Array.from(svd.singularValues.subarray(2))).toEqual(new Array(7).fill(0));
    const zero = truncatedSvd(Matrix.zeros(4, 3), 3);
    expectTriplets(Matrix.zeros(4, 3), zero);
    expect(Array.from(zero.singularValues)).toEqual([0, 0, 0]);
  });

  it('handles entries near the ends of the range', () => {
    for (const scale of [1e-290, 1e290]) {
      const a = randomMatrix(6, 5, 8);
      const scaled = new Matrix(
        6,
        5,
        a.data.map((value) => value * scale),
      );
      expectValues(
        truncatedSvd(a, 5),
        Array.from(truncatedSvd(scaled, 5).singularValues, (value) => value / scale),
      );
    }
  });
});

describe('truncatedSvd, block Lanczos', () => {
  const n = 420;

  it('finds the largest values of a slowly decaying spectrum', () => {
    const a = randomMatrix(451, n, 11); // an odd number of rows: the kernel takes them in pairs
    const svd = truncatedSvd(a, 10);
    expect(svd.iterations).toBeGreaterThan(0);
    expectTriplets(a, svd);
    const full = truncatedSvd(a, n); // the full route, checked against ml-matrix above
    expect(full.iterations).toBe(0);
    expectValues(svd, Array.from(full.singularValues.subarray(0, 10)), 8);
  });

  it('is the same for a matrix and its transpose, and for the same seed', () => {
    const a = withSpectrum(
      600,
      n,
      Array.from({ length: n }, (_, i) => 1 / (1 + i / 10)),
      5,
    );
    const tall = truncatedSvd(a, 4);
    const wide = truncatedSvd(transpose(a), 4);
    expect(tall.iterations).toBeGreaterThan(0);
    expectTriplets(transpose(a), wide);
    expectValues(wide, Array.from(tall.singularValues), 11);
    expect(largestDifference(truncatedSvd(a, 4).u, tall.u)).toBe(0);
    expect(largestDifference(truncatedSvd(a, 4, { seed: 1 }).u, tall.u)).toBeLessThan(1e-4);
  });

  it('finds every copy of repeated values', () => {
    const values = Array.from({ length: n }, (_, i) => (i < 6 ? 2 : i < 12 ? 1.5 : 1.2 * Math.exp(-i / 200)));
    const a = withSpectrum(n, n, values, 21);
    const svd = truncatedSvd(a, 10);
    expect(svd.iterations).toBeGreaterThan(0);
    expectTriplets(a, svd);
    expectValues(svd, values.slice(0, 10));
  });

  it('finds more copies than its block is wide', () => {
    const size = 600;
    const values = Array.from({ length: size }, (_, i) =>
      i < 18 ? 2 : i < 40 ? 1.9 : 1.5 * Math.exp(-i / 300),
    );
    const a = withSpectrum(size, size, values, 31);
    const svd = truncatedSvd(a, 20);
    expect(svd.iterations).toBeGreaterThan(0);
    expectTriplets(a, svd);
    expectValues(svd, values.slice(0, 20));
  });

  it('survives invariant subspaces: orthogonal, low-rank and zero matrices', () => {
    const orthogonal = withSpectrum(n, n, new Array<number>(n).fill(1), 41);
    const equal = truncatedSvd(orthogonal, 10);
    expect(equal.iterations).toBeGreaterThan(0);
    expectTriplets(orthogonal, equal);
    expectValues(equal, new Array<number>(10).fill(1));

    const low = withSpectrum(500, n, [3, 2, 1], 42);
    const some = truncatedSvd(low, 8);
    expect(some.iterations).toBeGreaterThan(0);
    expectTriplets(low, some);
    expectValues(some, [3, 2, 1, 0, 0, 0, 0, 0]);

    expectTriplets(Matrix.zeros(n, n), truncatedSvd(Matrix.zeros(n, n), 5));
  });

  it('says so when it runs out of steps', () => {
    const a = randomMatrix(n, n, 51);
    const svd = truncatedSvd(a, 8, { maxIterations: 2 });
    expect(svd.converged).toBe(false);
    expect(svd.iterations).toBe(2);
    expect(Math.max(...svd.residuals)).toBeGreaterThan(1e-6 * (svd.singularValues[0] ?? 0));
  });
});

describe('truncatedSvd, arguments', () => {
  it.each([0, 4, 1.5])('rejects rank %p for 3 x 5', (rank) => {
    expect(() => truncatedSvd(Matrix.zeros(3, 5), rank)).toThrow(
      `truncatedSvd: rank must be an integer in 1..3 for a 3 x 5 matrix; got ${rank}`,
    );
  });

  it('rejects bad options and entries', () => {
    const a = Matrix.identity(3);
    expect(() => truncatedSvd(a, 1, { tolerance: 0 })).toThrow('tolerance must lie in (0, 1); got 0');
    expect(() => truncatedSvd(a, 1, { maxIterations: 0 })).toThrow(
      'maxIterations must be a positive integer',
    );
    expect(() => truncatedSvd(a, 1, { seed: 0.5 })).toThrow('seed must be a safe integer');
    expect(() => truncatedSvd(Matrix.from([[Infinity]]), 1)).toThrow('truncatedSvd: a must be finite');
  });
});
