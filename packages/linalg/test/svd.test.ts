import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Matrix as MlMatrix, SVD } from 'ml-matrix';
import {
  gram,
  largestMagnitude,
  Matrix,
  multiply,
  multiplyTransposedLeft,
  svd,
  transpose,
  type Svd,
} from '../src/index.js';
import { largestDifference, randomMatrix } from './random-matrix.js';

/** Shapes, orthogonality, descending values, U Σ Vᵀ = A (relative to σ₁) and the sign convention. */
function expectSvd(a: Matrix, { u, singularValues, vt }: Svd): void {
  const k = Math.min(a.rows, a.cols);
  expect([u.rows, u.cols, vt.rows, vt.cols]).toEqual([a.rows, k, k, a.cols]);
  expect(singularValues.length).toBe(k);
  expect(largestDifference(multiplyTransposedLeft(u, u), Matrix.identity(k))).toBeLessThan(1e-12);
  expect(largestDifference(gram(vt), Matrix.identity(k))).toBeLessThan(1e-12);
  for (let i = 0; i < k; i++) {
    expect(singularValues[i]).toBeGreaterThanOrEqual(0);
    if (i > 0) expect(singularValues[i]).toBeLessThanOrEqual(singularValues[i - 1] ?? Number.NaN);
    const column = u.column(i);
    expect(Math.max(...column)).toBe(Math.max(...column.map(Math.abs)));
  }
  const scale = singularValues[0] ?? Number.NaN;
  const rebuilt = multiply(multiply(u, Matrix.diagonal(singularValues)), vt);
  expect(largestDifference(rebuilt, a)).toBeLessThanOrEqual(1e-12 * scale);
  expect(largestMagnitude(a)).toBeLessThanOrEqual(scale * (1 + 1e-12));
}

/** U diag(values) Vᵀ [m, n] with orthonormal U and V from a decomposition of random matrices. */
function withSpectrum(m: number, n: number, values: readonly number[], seed: number): Matrix {
  const k = values.length;
  const u = svd(randomMatrix(m, k, seed)).u;
  const { vt } = svd(randomMatrix(k, n, seed + 1));
  return multiply(multiply(u, Matrix.diagonal(values)), vt);
}

describe('svd', () => {
  it('agrees with ml-matrix at every shape', () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(size, size, fc.integer(), (m, n, seed) => {
        const a = randomMatrix(m, n, seed);
        const result = svd(a);
        expectSvd(a, result);
        const theirs = new SVD(new MlMatrix(a.toRows()), { autoTranspose: true }).diagonal;
        result.singularValues.forEach((value, i) => {
          expect(value).toBeCloseTo(theirs[i] ?? Number.NaN, 10);
        });
      }),
      { numRuns: 80 },
    );
  });

  it('holds on integer matrices, where zeros and ties abound', () => {
    const entry = fc.integer({ min: -1, max: 1 });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 35, maxLength: 35 }), (entries) => {
        const a = new Matrix(7, 5, Float64Array.from(entries));
        expectSvd(a, svd(a));
      }),
      { numRuns: 200 },
    );
  });

  it('holds on large ones, tall and wide', () => {
    for (const [m, n] of [
      [300, 300],
      [500, 80],
      [60, 400],
    ] as const) {
      const a = randomMatrix(m, n, m);
      expectSvd(a, svd(a));
    }
  });

  it('finds small values that squaring loses', () => {
    const values = Array.from({ length: 60 }, (_, i) => 10 ** (-i / 5)); // 1 … 1.6e-12
    const a = withSpectrum(90, 60, values, 3);
    const result = svd(a);
    expectSvd(a, result);
    values.forEach((value, i) => {
      // The matrix itself is known to rounding errors of its largest value only.
      expect(Math.abs((result.singularValues[i] ?? Number.NaN) - value)).toBeLessThan(1e-15);
    });
  });

  it('holds where values fade into rounding errors, repeat, or vanish', () => {
    const fading = withSpectrum(
      200,
      200,
      Array.from({ length: 200 }, (_, i) => 10 ** (-i / 11)),
      5,
    );
    expectSvd(fading, svd(fading));
    const repeated = withSpectrum(
      120,
      100,
      Array.from({ length: 100 }, (_, i) => (i < 50 ? 3 : i < 80 ? 1 : 1e-7)),
      7,
    );
    expectSvd(repeated, svd(repeated));
    const low = multiply(randomMatrix(150, 40, 1), randomMatrix(40, 130, 2));
    const result = svd(low);
    expectSvd(low, result);
    expect(Array.from(result.singularValues.subarray(40))).toEqual(new Array(90).fill(0));
    for (const special of [Matrix.zeros(30, 20), Matrix.identity(50), Matrix.from([[-2]])]) {
      expectSvd(special, svd(special));
    }
  });

  it('survives Hilbert’s and Kahan’s matrices, and graded columns', () => {
    const build = (n: number, entry: (i: number, j: number) => number) => {
      const a = Matrix.zeros(n, n);
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a.set(i, j, entry(i, j));
      return a;
    };
    const noise = randomMatrix(80, 80, 9);
    for (const a of [
      build(80, (i, j) => 1 / (i + j + 1)),
      build(80, (i, j) => (i > j ? 0 : Math.sin(1.2) ** i * (i === j ? 1 : -Math.cos(1.2)))),
      build(80, (i, j) => noise.get(i, j) * 10 ** (-j / 4)),
      build(80, (i, j) => noise.get(i, j) * 10 ** (j / 4)),
    ]) {
      expectSvd(a, svd(a));
    }
  });

  it('is not spoilt by scale, and leaves its argument alone', () => {
    const a = randomMatrix(30, 25, 8);
    const before = a.clone();
    const { singularValues } = svd(a);
    expect(largestDifference(a, before)).toBe(0);
    for (const scale of [2 ** -1000, 2 ** 1000]) {
      const scaled = svd(
        new Matrix(
          30,
          25,
          a.data.map((value) => value * scale),
        ),
      );
      expect(Array.from(scaled.singularValues, (value) => value / scale)).toEqual(Array.from(singularValues));
    }
  });

  it('is the transpose’s, and the same again', () => {
    const a = randomMatrix(40, 70, 4);
    const once = svd(a);
    expect(svd(a)).toEqual(once);
    const turned = svd(transpose(a));
    turned.singularValues.forEach((value, i) => {
      expect(value).toBeCloseTo(once.singularValues[i] ?? Number.NaN, 12);
    });
  });

  it('rejects entries that are not finite', () => {
    expect(() => svd(Matrix.from([[1, Number.NaN]]))).toThrow('svd: a must be finite; entry [0, 1] = NaN');
  });
});
