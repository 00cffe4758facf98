import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  cholesky,
  choleskyInverse,
  choleskySolve,
  gram,
  logDeterminant,
  Matrix,
  multiply,
  multiplyTransposedRight,
  symmetricEigen,
} from '../src/index.js';
import { largestDifference, randomMatrix } from './random-matrix.js';

function randomDefinite(n: number, seed: number): Matrix {
  const a = gram(randomMatrix(n, n + 2, seed));
  for (let i = 0; i < n; i++) a.set(i, i, a.get(i, i) + 0.5);
  return a;
}

function factor(a: Matrix): Matrix {
  const result = cholesky(a);
  if (result.status !== 'ok') throw new Error(`pivot ${result.pivot}`);
  return result.lower;
}

describe('cholesky', () => {
  it('factorises, solves, inverts and gives the log-determinant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 25 }), fc.integer(), (n, seed) => {
        const a = randomDefinite(n, seed);
        const lower = factor(a);
        expect(largestDifference(multiplyTransposedRight(lower, lower), a)).toBeLessThan(1e-11);
        for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) expect(lower.get(i, j)).toBe(0);
        const b = randomMatrix(n, 3, seed + 1);
        expect(largestDifference(multiply(a, choleskySolve(lower, b)), b)).toBeLessThan(1e-10);
        expect(largestDifference(multiply(a, choleskyInverse(lower)), Matrix.identity(n))).toBeLessThan(
          1e-10,
        );
        const spectrum = symmetricEigen(a).values.reduce((sum, value) => sum + Math.log(value), 0);
        expect(logDeterminant(lower)).toBeCloseTo(spectrum, 8);
      }),
      { numRuns: 50 },
    );
  });

  it('names the pivot at which an indefinite matrix fails', () => {
    const a = Matrix.from([
      [4, 2, 0],
      [2, 1, 0],
      [0, 0, 1],
    ]);
    expect(cholesky(a)).toEqual({ status: 'not-positive-definite', pivot: 1, value: 0 });
    a.set(2, 2, -3);
    a.set(1, 1, 2);
    expect(cholesky(a)).toEqual({ status: 'not-positive-definite', pivot: 2, value: -3 });
  });

  it('counts a relatively tiny pivot as zero when told to', () => {
    const a = Matrix.diagonal([1, 1e-30]);
    expect(cholesky(a).status).toBe('ok');
    const near = Matrix.from([
      [1, 1],
      [1, 1 + 1e-12],
    ]);
    expect(cholesky(near).status).toBe('ok');
    expect(cholesky(near, { tolerance: 1e-10 }).status).toBe('not-positive-definite');
    expect(cholesky(a, { tolerance: 1e-10 }).status).toBe('ok');
    expect(() => cholesky(a, { tolerance: 1 })).toThrow('cholesky: tolerance must lie in [0, 1); got 1');
  });

  it('does all this on large matrices, in sizes around which blocks change', () => {
    for (const n of [23, 24, 25, 31, 32, 33, 34, 35, 64, 65, 66, 67, 97, 128, 130, 203]) {
      const a = randomDefinite(n, n);
      const lower = factor(a);
      expect(largestDifference(multiplyTransposedRight(lower, lower), a)).toBeLessThan(1e-13 * n);
      for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) expect(lower.get(i, j)).toBe(0);
      const inverse = choleskyInverse(lower);
      expect(largestDifference(multiply(a, inverse), Matrix.identity(n))).toBeLessThan(1e-9);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < i; j++) expect(inverse.get(i, j)).toBe(inverse.get(j, i));
      const b = randomMatrix(n, 2, n + 1);
      expect(largestDifference(multiply(inverse, b), choleskySolve(lower, b))).toBeLessThan(1e-9);
    }
  });

  it('names the first failing pivot of a large matrix, wherever in a block it is', () => {
    for (const pivot of [0, 1, 2, 3, 4, 31, 32, 35, 64, 98, 99]) {
      const a = randomDefinite(100, 7);
      const sound = factor(a);
      // The Schur complement of pivot k is a_kk − Σ_{j<k} l_kj²; make it −1, and a later one bad too.
      a.set(pivot, pivot, a.get(pivot, pivot) - sound.get(pivot, pivot) ** 2 - 1);
      if (pivot < 99) a.set(99, 99, -1000);
      const result = cholesky(a);
      if (result.status === 'ok') throw new Error('an indefinite matrix passed');
      expect(result.pivot).toBe(pivot);
      expect(result.value).toBeCloseTo(-1, 10);
    }
  });

  it('counts a relatively tiny pivot of a large matrix as zero when told to', () => {
    const a = Matrix.identity(60);
    a.set(50, 50, 1e-30);
    expect(cholesky(a, { tolerance: 1e-10 }).status).toBe('ok');
    a.set(50, 50, 1);
    a.set(50, 40, 1 - 1e-12);
    a.set(40, 50, 1 - 1e-12);
    expect(cholesky(a).status).toBe('ok');
    expect(cholesky(a, { tolerance: 1e-10 })).toMatchObject({ status: 'not-positive-definite', pivot: 50 });
  });

  it('reads the lower triangle only and leaves its argument alone', () => {
    const a = randomDefinite(40, 3);
    const before = a.clone();
    factor(a);
    expect(largestDifference(a, before)).toBe(0);
  });

  it('rejects a right-hand side of another size', () => {
    expect(() => choleskySolve(Matrix.identity(3), Matrix.zeros(2, 1))).toThrow(
      'choleskySolve: b must have 3 rows; got 2',
    );
  });
});
