import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  checkOptions,
  euclideanNorm,
  frobeniusNorm,
  fromEigen,
  gram,
  Matrix,
  multiply,
  multiplyTransposedLeft,
  multiplyTransposedRight,
  requireFinite,
  requireSymmetric,
  traceOfProduct,
  transpose,
} from '../src/index.js';
import { largestDifference, randomMatrix } from './random-matrix.js';

/** The definition, term by term. */
function naiveProduct(a: Matrix, b: Matrix): Matrix {
  const result = Matrix.zeros(a.rows, b.cols);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.cols; j++) {
      let sum = 0;
      for (let k = 0; k < a.cols; k++) sum += a.get(i, k) * b.get(k, j);
      result.set(i, j, sum);
    }
  }
  return result;
}

describe('Matrix', () => {
  it('stores rows one after another', () => {
    const a = Matrix.from([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([a.rows, a.cols]).toEqual([2, 3]);
    expect(Array.from(a.data)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(a.get(1, 0)).toBe(4);
    a.set(1, 0, 9);
    expect(Array.from(a.row(1))).toEqual([9, 5, 6]);
    expect(Array.from(a.column(2))).toEqual([3, 6]);
    expect(a.toRows()).toEqual([
      [1, 2, 3],
      [9, 5, 6],
    ]);
  });

  it('copies where it says so, and only there', () => {
    const data = new Float64Array([1, 2]);
    const wrapped = new Matrix(1, 2, data);
    const copy = wrapped.clone();
    data[0] = 7;
    expect(wrapped.get(0, 0)).toBe(7);
    expect(copy.get(0, 0)).toBe(1);
    wrapped.row(0)[1] = 8;
    expect(wrapped.get(0, 1)).toBe(8);
  });

  it('builds zeros, identities, diagonals and widens single precision', () => {
    expect(Array.from(Matrix.zeros(1, 2).data)).toEqual([0, 0]);
    expect(Array.from(Matrix.identity(2).data)).toEqual([1, 0, 0, 1]);
    expect(Array.from(Matrix.diagonal([3, 4]).data)).toEqual([3, 0, 0, 4]);
    const single = Matrix.fromFloat32(1, 2, new Float32Array([0.1, 2]));
    expect(Array.from(single.data)).toEqual([Math.fround(0.1), 2]);
  });

  it('rejects bad shapes and indices by name', () => {
    expect(() => Matrix.zeros(0, 2)).toThrow('Matrix: rows and cols must be positive integers; got 0 x 2');
    expect(() => new Matrix(2, 2, new Float64Array(3))).toThrow(/must hold rows \* cols = 4 entries.*got 3/);
    expect(() => Matrix.from([[1, 2], [3]])).toThrow('Matrix.from: row 1 must have 2 entries');
    expect(() => Matrix.identity(2).get(0, 2)).toThrow('Matrix.get: index [0, 2] must lie inside 2 x 2');
    expect(() => {
      Matrix.identity(2).set(-1, 0, 1);
    }).toThrow(RangeError);
    expect(() => Matrix.identity(2).row(0.5)).toThrow(RangeError);
  });
});

describe('products', () => {
  it('agree with the definition at every size, tiles complete or not', () => {
    const size = fc.integer({ min: 1, max: 11 });
    fc.assert(
      fc.property(size, size, size, fc.integer(), (m, k, n, seed) => {
        const a = randomMatrix(m, k, seed);
        const b = randomMatrix(k, n, seed + 1);
        const expected = naiveProduct(a, b);
        expect(largestDifference(multiply(a, b), expected)).toBeLessThan(1e-12);
        expect(largestDifference(multiplyTransposedRight(a, transpose(b)), expected)).toBeLessThan(1e-12);
        expect(largestDifference(multiplyTransposedLeft(transpose(a), b), expected)).toBeLessThan(1e-12);
        expect(largestDifference(gram(a), naiveProduct(a, transpose(a)))).toBeLessThan(1e-12);
      }),
      { numRuns: 200 },
    );
  });

  it('fromEigen scales columns: V diag(d) Vᵀ', () => {
    const v = randomMatrix(7, 3, 1);
    const d = Float64Array.from([2, -1, 0.5]);
    const expected = naiveProduct(naiveProduct(v, Matrix.diagonal(d)), transpose(v));
    expect(largestDifference(fromEigen(d, v), expected)).toBeLessThan(1e-13);
    expect(() => fromEigen(new Float64Array(2), v)).toThrow('fromEigen: values must have one entry a column');
  });

  it('name the sizes that do not fit', () => {
    expect(() => multiply(Matrix.zeros(2, 3), Matrix.zeros(2, 3))).toThrow(
      'multiply: the inner sizes must agree; got 3 and 2 from 2 x 3 and 2 x 3',
    );
    expect(() => multiplyTransposedRight(Matrix.zeros(2, 3), Matrix.zeros(3, 2))).toThrow(RangeError);
    expect(() => multiplyTransposedLeft(Matrix.zeros(2, 3), Matrix.zeros(3, 2))).toThrow(RangeError);
  });
});

describe('norms and checks', () => {
  it('transpose crosses tiles', () => {
    const a = randomMatrix(40, 67, 3);
    const t = transpose(a);
    for (let i = 0; i < 40; i++) for (let j = 0; j < 67; j++) expect(t.get(j, i)).toBe(a.get(i, j));
  });

  it('norms survive the ends of the range', () => {
    expect(euclideanNorm(Float64Array.from([3e200, 4e200]))).toBeCloseTo(5e200, -190);
    expect(euclideanNorm(Float64Array.from([3e-200, 4e-200])) / 5e-200).toBeCloseTo(1, 14);
    expect(euclideanNorm(new Float64Array(3))).toBe(0);
    expect(euclideanNorm(Float64Array.from([1, Number.NaN, 2]))).toBeNaN();
    expect(
      frobeniusNorm(
        Matrix.from([
          [1, 2],
          [2, 4],
        ]),
      ),
    ).toBeCloseTo(5, 14);
  });

  it('traceOfProduct is the trace of the product', () => {
    const a = randomMatrix(4, 6, 5);
    const b = randomMatrix(6, 4, 6);
    const product = multiply(a, b);
    expect(traceOfProduct(a, b)).toBeCloseTo(
      [0, 1, 2, 3].reduce((sum, i) => sum + product.get(i, i), 0),
      12,
    );
    expect(() => traceOfProduct(a, a)).toThrow('traceOfProduct: b must be 6 x 4 for a 4 x 6; got 4 x 6');
  });

  it('requireSymmetric and requireFinite name the entry', () => {
    const a = Matrix.identity(3);
    a.set(0, 2, 0.2);
    a.set(2, 0, 0.19);
    expect(() => {
      requireSymmetric('fit: covariance', a);
    }).toThrow('fit: covariance must be symmetric; entry [0, 2] = 0.2 but [2, 0] = 0.19');
    expect(() => {
      requireSymmetric('fit: covariance', Matrix.zeros(2, 3));
    }).toThrow('must be square; got 2 x 3');
    a.set(2, 0, 0.2);
    expect(() => {
      requireSymmetric('fit: covariance', a);
    }).not.toThrow();
    a.set(1, 2, Infinity);
    expect(() => {
      requireFinite('fit: covariance', a);
    }).toThrow('must be finite; entry [1, 2] = Infinity');
  });
});

describe('checkOptions', () => {
  it('names the nearest key, or all of them', () => {
    expect(() => {
      checkOptions('fit', { tua: 1 }, ['tau', 'coupling']);
    }).toThrow('fit: unknown option "tua"; did you mean "tau"?');
    expect(() => {
      checkOptions('fit', { zzzzzzz: 1 }, ['tau', 'coupling']);
    }).toThrow('known: tau, coupling');
    expect(() => {
      checkOptions('fit', { tau: 1 }, ['tau', 'coupling']);
    }).not.toThrow();
  });
});
