import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EigenvalueDecomposition, Matrix as MlMatrix } from 'ml-matrix';
import {
  fromEigen,
  gram,
  largestMagnitude,
  Matrix,
  multiplyTransposedLeft,
  symmetricEigen,
} from '../src/index.js';
import { largestDifference, randomMatrix } from './random-matrix.js';

function randomSymmetric(n: number, seed: number): Matrix {
  const a = randomMatrix(n, n, seed);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a.set(j, i, a.get(i, j));
  return a;
}

/** VᵀV = I, V Λ Vᵀ = A (relative to A's largest entry), ascending. */
function expectDecomposition(a: Matrix, tolerance = 1e-13): void {
  const { values, vectors } = symmetricEigen(a);
  const n = a.rows;
  const scale = largestMagnitude(a) || 1;
  expect(largestDifference(multiplyTransposedLeft(vectors, vectors), Matrix.identity(n))).toBeLessThan(
    tolerance,
  );
  expect(largestDifference(fromEigen(values, vectors), a) / scale).toBeLessThan(tolerance * Math.sqrt(n));
  for (let i = 1; i < n; i++) expect(values[i]).toBeGreaterThanOrEqual(values[i - 1] ?? Infinity);
}

describe('symmetricEigen', () => {
  it('satisfies its invariants on random matrices of any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer(), (n, seed) => {
        expectDecomposition(randomSymmetric(n, seed));
      }),
      { numRuns: 60 },
    );
    expectDecomposition(randomSymmetric(151, 1));
  });

  it('satisfies them on integer matrices, where zeros and ties abound', () => {
    const entry = fc.integer({ min: -2, max: 2 });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 36, maxLength: 36 }), (entries) => {
        const a = new Matrix(6, 6, Float64Array.from(entries));
        for (let i = 0; i < 6; i++) for (let j = 0; j < i; j++) a.set(j, i, a.get(i, j));
        expectDecomposition(a);
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with ml-matrix', () => {
    const a = randomSymmetric(60, 9);
    const theirs = new EigenvalueDecomposition(new MlMatrix(a.toRows()), { assumeSymmetric: true });
    const expected = [...theirs.realEigenvalues].sort((x, y) => x - y);
    Array.from(symmetricEigen(a).values).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 11);
    });
  });

  it('finds the known spectrum of the second difference matrix', () => {
    // Eigenvalues 2 − 2 cos(kπ/(n+1)): Strang, SIAM Review 41 (1999).
    const n = 50;
    const a = Matrix.zeros(n, n);
    for (let i = 0; i < n; i++) {
      a.set(i, i, 2);
      if (i > 0) {
        a.set(i, i - 1, -1);
        a.set(i - 1, i, -1);
      }
    }
    symmetricEigen(a).values.forEach((value, k) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 13);
    });
    expectDecomposition(a);
  });

  it('handles repeated eigenvalues, low rank, diagonals and 1 x 1', () => {
    expectDecomposition(Matrix.identity(20));
    expectDecomposition(Matrix.zeros(5, 5));
    expectDecomposition(gram(randomMatrix(30, 2, 4)));
    expectDecomposition(new Matrix(25, 25, new Float64Array(625).fill(1)));
    expect(Array.from(symmetricEigen(Matrix.diagonal([3, -1, 2])).values)).toEqual([-1, 2, 3]);
    const one = symmetricEigen(Matrix.from([[-4]]));
    expect(Array.from(one.values)).toEqual([-4]);
    expect(Array.from(one.vectors.data)).toEqual([1]);
  });

  it('is not spoilt by scale: entries near the ends of the range, graded rows', () => {
    for (const scale of [1e-300, 1e-160, 1e160, 1e300]) {
      const a = randomSymmetric(20, 2);
      expectDecomposition(
        new Matrix(
          20,
          20,
          a.data.map((value) => value * scale),
        ),
      );
    }
    const graded = randomSymmetric(20, 3);
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 20; j++) graded.set(i, j, graded.get(i, j) * 10 ** (-10 * (i + j)));
    }
    expectDecomposition(graded);
    const split = Matrix.diagonal([1, 1e-170, 1e-170, 1]);
    split.set(1, 2, 1e-170);
    split.set(2, 1, 1e-170);
    expectDecomposition(split);
  });

  it('leaves its argument alone and rejects what is not symmetric', () => {
    const a = randomSymmetric(10, 5);
    const before = a.clone();
    symmetricEigen(a);
    expect(largestDifference(a, before)).toBe(0);
    expect(() => symmetricEigen(Matrix.zeros(2, 3))).toThrow('symmetricEigen: a must be square; got 2 x 3');
    a.set(0, 1, Number.NaN);
    expect(() => symmetricEigen(a)).toThrow('symmetricEigen: a must be finite; entry [0, 1] = NaN');
    a.set(0, 1, 50);
    expect(() => symmetricEigen(a)).toThrow(/must be symmetric/);
  });
});
