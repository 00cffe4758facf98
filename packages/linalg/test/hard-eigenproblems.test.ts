/** The symmetric eigenproblem where methods are known to fail: each case by the invariants, to a few rounding errors. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  frobeniusNorm,
  fromEigen,
  gram,
  Matrix,
  multiplyTransposedLeft,
  symmetricEigen,
  symmetricEigenvalues,
  transpose,
} from '../src/index.js';
import { ascending } from '../src/eigen/ascending.js';
import { implicitQl } from '../src/eigen/implicit-ql.js';
import { kernelEigen } from '../src/eigen/kernel-eigen.js';
import { accumulateReflectors, tridiagonalise } from '../src/eigen/tridiagonal.js';
import { largestDifference, randomMatrix } from './random-matrix.js';

/** The symmetric matrix with these entries on and below the diagonal. */
function symmetric(n: number, entry: (i: number, j: number) => number): Matrix {
  const a = Matrix.zeros(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      a.set(i, j, entry(i, j));
      a.set(j, i, a.get(i, j));
    }
  }
  return a;
}

function tridiagonal(n: number, diagonal: (i: number) => number, below: (i: number) => number): Matrix {
  return symmetric(n, (i, j) => (i === j ? diagonal(i) : i === j + 1 ? below(j) : 0));
}

function random(n: number, seed: number): Matrix {
  const noise = randomMatrix(n, n, seed);
  return symmetric(n, (i, j) => noise.get(i, j));
}

/** A random matrix with these eigenvalues: Q diag(values) Qᵀ. */
function withSpectrum(values: readonly number[], seed: number): Matrix {
  return fromEigen(Float64Array.from(values), symmetricEigen(random(values.length, seed)).vectors);
}

/** ‖A − V Λ Vᵀ‖_F ≤ n ε ‖A‖_F, |VᵀV − I| ≤ n ε, ascending; and the values alone are the same. */
function expectEigen(a: Matrix): void {
  const n = a.rows;
  const bound = (n + 20) * Number.EPSILON;
  const { values, vectors } = symmetricEigen(a);
  const size = frobeniusNorm(a);
  const rebuilt = fromEigen(values, vectors);
  const residual = frobeniusNorm(
    new Matrix(
      n,
      n,
      rebuilt.data.map((value, k) => value - (a.data[k] ?? Number.NaN)),
    ),
  );
  expect(residual).toBeLessThanOrEqual(bound * size);
  const product = multiplyTransposedLeft(vectors, vectors);
  expect(largestDifference(product, Matrix.identity(n))).toBeLessThan(bound);
  const alone = symmetricEigenvalues(a);
  for (let i = 0; i < n; i++) {
    if (i > 0) expect(values[i]).toBeGreaterThanOrEqual(values[i - 1] ?? Number.NaN);
    if (i > 0) expect(alone[i]).toBeGreaterThanOrEqual(alone[i - 1] ?? Number.NaN);
    expect(Math.abs((alone[i] ?? Number.NaN) - (values[i] ?? Number.NaN))).toBeLessThanOrEqual(bound * size);
  }
}

describe('symmetricEigen, hard cases', () => {
  it('random matrices up to 600, in the sizes around which methods and blocks change', () => {
    for (const n of [
      23, 24, 25, 31, 32, 33, 47, 48, 49, 50, 63, 64, 65, 66, 97, 127, 128, 129, 200, 257, 600,
    ]) {
      expectEigen(random(n, n));
    }
  });

  it('random sizes and scales', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 150 }),
        fc.integer({ min: -290, max: 290 }),
        fc.integer(),
        (n, exponent, seed) => {
          const a = random(n, seed);
          expectEigen(
            new Matrix(
              n,
              n,
              a.data.map((value) => value * 10 ** exponent),
            ),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('nothing to decompose: identity, zero, diagonal, 2 × 2 blocks', () => {
    expectEigen(Matrix.identity(100));
    expectEigen(Matrix.zeros(100, 100));
    expectEigen(symmetric(120, (i, j) => (i === j ? (i * 37) % 11 : 0)));
    expectEigen(symmetric(130, (i, j) => (i === j ? 2 : i === j + 1 && i % 2 === 1 ? (i % 3) - 1 : 0)));
    const { values } = symmetricEigen(Matrix.identity(100));
    expect(Array.from(values)).toEqual(new Array(100).fill(1));
  });

  it('rank one and low rank', () => {
    expectEigen(new Matrix(150, 150, new Float64Array(150 ** 2).fill(1)));
    expectEigen(gram(randomMatrix(160, 1, 1)));
    expectEigen(gram(randomMatrix(160, 7, 2)));
  });

  it('Wilkinson’s matrices, alone and glued', () => {
    const wilkinson = (i: number) => Math.abs((i % 21) - 10);
    expectEigen(tridiagonal(21, wilkinson, () => 1));
    expectEigen(
      tridiagonal(
        201,
        (i) => Math.abs(i - 100),
        () => 1,
      ),
    ); // pairs that agree to all digits
    for (const glue of [1e-4, 1e-8, 1e-12, 1e-15, 0]) {
      expectEigen(tridiagonal(210, wilkinson, (i) => (i % 21 === 20 ? glue : 1)));
    }
  });

  it('joins so weak that one half of the problem counts and the other does not', () => {
    // The upper half's last row is spread over its eigenvectors, the lower half's first row is one of them.
    const second = (i: number) => (i < 32 ? -1 : 0);
    for (let join = 1e-16; join < 1e-13; join *= 1.25) {
      expectEigen(
        tridiagonal(
          66,
          (i) => (i < 33 ? 2 : 5 + i / 10),
          (i) => (i === 32 ? join : second(i)),
        ),
      );
    }
  });

  it('known spectra: second differences and Clement’s matrix', () => {
    // 2 − 2 cos(kπ/(n+1)): Strang, SIAM Review 41 (1999). ±(n − 1), ±(n − 3), …: Clement, SIAM Review 1 (1959).
    const n = 180;
    const differences = tridiagonal(
      n,
      () => 2,
      () => -1,
    );
    const clement = tridiagonal(
      n,
      () => 0,
      (i) => Math.sqrt((i + 1) * (n - 1 - i)),
    );
    expectEigen(differences);
    expectEigen(clement);
    symmetricEigen(differences).values.forEach((value, k) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 12);
    });
    symmetricEigen(clement).values.forEach((value, k) => {
      expect(value).toBeCloseTo(2 * k - (n - 1), 10);
    });
  });

  it('clusters: eigenvalues that nearly agree, in dense matrices', () => {
    const clusters = (width: number) =>
      Array.from({ length: 200 }, (_, i) => Math.floor(i / 40) + width * (i % 40));
    for (const width of [0, 1e-16, 1e-14, 1e-11, 1e-7]) expectEigen(withSpectrum(clusters(width), 3));
    expectEigen(
      withSpectrum(
        Array.from({ length: 200 }, (_, i) => 10 ** (-i / 12)),
        4,
      ),
    );
    expectEigen(
      withSpectrum(
        Array.from({ length: 150 }, (_, i) => (i === 149 ? 1 : 1e-15 * i)),
        5,
      ),
    );
  });

  it('graded matrices over 300 orders of magnitude, either way', () => {
    const noise = randomMatrix(101, 101, 6);
    const graded = (step: number) =>
      symmetric(101, (i, j) => (1 + 0.1 * noise.get(i, j)) * 10 ** (step * (i + j - 100)));
    expectEigen(graded(1.5));
    expectEigen(graded(-1.5));
    expectEigen(
      tridiagonal(
        101,
        (i) => 10 ** (3 * (i - 50)),
        (i) => 10 ** (3 * (i - 50)),
      ),
    );
  });

  it('a covariance of fewer samples than variables, shrunk', () => {
    const x = randomMatrix(120, 50, 7);
    const s = gram(x);
    for (let i = 0; i < 120; i++) s.set(i, i, s.get(i, i) + 5);
    expectEigen(s);
    // 70 copies of the shrinkage
    symmetricEigen(s)
      .values.subarray(0, 70)
      .forEach((value) => {
        expect(value).toBeCloseTo(5, 11);
      });
  });

  it('gives the same bits again', () => {
    const a = random(150, 8);
    const once = symmetricEigen(a);
    symmetricEigen(random(200, 9));
    expect(symmetricEigen(a)).toEqual(once);
  });
});

describe('divide and conquer', () => {
  it('agrees with implicit QL: values, and vectors up to sign where values are simple', () => {
    for (const n of [33, 80, 145]) {
      const a = random(n, n + 1);
      const ours = kernelEigen(a.data.slice(), n);
      if (ours === undefined) throw new Error('no kernels');
      const work = a.data.slice();
      const { diagonal, offDiagonal, halfSquares } = tridiagonalise(work, n);
      const rows = new Matrix(n, n, accumulateReflectors(work, halfSquares, n));
      implicitQl(diagonal, offDiagonal, rows.data);
      const overlaps = multiplyTransposedLeft(new Matrix(n, n, ours.vectors), transpose(rows));
      ascending(diagonal).forEach((column, i) => {
        expect(Math.abs((ours.values[i] ?? Number.NaN) - (diagonal[column] ?? Number.NaN))).toBeLessThan(
          1e-12,
        );
        expect(Math.abs(overlaps.get(i, column))).toBeCloseTo(1, 10);
      });
    }
  });
});

describe('symmetricEigenvalues', () => {
  it('rejects what symmetricEigen rejects, under its own name', () => {
    expect(() => symmetricEigenvalues(Matrix.zeros(2, 3))).toThrow(
      'symmetricEigenvalues: a must be square; got 2 x 3',
    );
  });

  it('leaves its argument alone', () => {
    const a = random(40, 1);
    const before = a.clone();
    symmetricEigenvalues(a);
    expect(largestDifference(a, before)).toBe(0);
  });
});
