import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  fromEigen,
  gram,
  Matrix,
  multiply,
  multiplyTransposedLeft,
  multiplyTransposedRight,
  transpose,
} from '../src/index.js';
import { kernelProduct } from '../src/kernel-products.js';
import { rowProducts } from '../src/row-products.js';
import { largestDifference, randomMatrix } from './random-matrix.js';

/** A Bᵀ by the plain JavaScript loops, which matrix.test.ts checks against the definition. */
function reference(a: Matrix, b: Matrix): Matrix {
  return new Matrix(a.rows, b.rows, rowProducts(a.data, b.data, a.rows, b.rows, a.cols, false));
}

describe('products by the compiled kernels', () => {
  it('agree with the JavaScript ones across the edges of tiles and blocks', () => {
    const size = fc.oneof(
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom(63, 64, 65, 127, 128, 129, 131),
      fc.integer({ min: 13, max: 140 }),
    );
    const depth = fc.oneof(size, fc.constantFrom(255, 256, 257, 300, 515));
    fc.assert(
      fc.property(size, size, depth, fc.integer(), (m, n, k, seed) => {
        const a = randomMatrix(m, k, seed);
        const b = randomMatrix(n, k, seed + 1);
        const expected = reference(a, b);
        const tolerance = 1e-14 * k;
        for (const x of [
          { matrix: a, byColumns: false },
          { matrix: transpose(a), byColumns: true },
        ]) {
          for (const y of [
            { matrix: b, byColumns: false },
            { matrix: transpose(b), byColumns: true },
          ]) {
            const data = kernelProduct(x, y);
            if (data === undefined) throw new Error('no kernels');
            expect(largestDifference(new Matrix(m, n, data), expected)).toBeLessThan(tolerance);
          }
        }
        expect(largestDifference(multiply(a, transpose(b)), expected)).toBeLessThan(tolerance);
        expect(largestDifference(multiplyTransposedRight(a, b), expected)).toBeLessThan(tolerance);
        expect(largestDifference(multiplyTransposedLeft(transpose(a), transpose(b)), expected)).toBeLessThan(
          tolerance,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('symmetric ones are exactly symmetric and right', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 16, max: 150 }),
        fc.integer({ min: 16, max: 60 }),
        fc.integer(),
        (n, k, seed) => {
          const v = randomMatrix(n, k, seed);
          const weights = randomMatrix(1, k, seed + 1).data;
          const scaled = multiply(v, Matrix.diagonal(weights));
          for (const [result, expected] of [
            [gram(v), reference(v, v)],
            [fromEigen(weights, v), reference(scaled, v)],
          ] as const) {
            expect(largestDifference(result, expected)).toBeLessThan(1e-12);
            expect(largestDifference(result, transpose(result))).toBe(0);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('give the same bits again, and leave their operands alone', () => {
    const a = randomMatrix(130, 300, 1);
    const b = randomMatrix(300, 70, 2);
    const [before, other] = [a.clone(), b.clone()];
    const once = multiply(a, b);
    multiply(randomMatrix(200, 200, 3), randomMatrix(200, 200, 4));
    expect(largestDifference(multiply(a, b), once)).toBe(0);
    expect(largestDifference(a, before)).toBe(0);
    expect(largestDifference(b, other)).toBe(0);
  });

  it('keep what is not finite to the rows and columns that it belongs to', () => {
    const a = randomMatrix(33, 33, 1);
    a.set(32, 0, Infinity);
    const product = multiplyTransposedRight(a, randomMatrix(33, 33, 2));
    for (let i = 0; i < 33; i++) {
      for (let j = 0; j < 33; j++) expect(Number.isFinite(product.get(i, j))).toBe(i < 32);
    }
  });
});
