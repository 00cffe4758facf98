/** The nearest positive definite matrix: published examples, an independent minimiser's answers, and invariants. */
import { describe, expect, it } from '@jest/globals';
import { frobeniusNorm, Matrix, symmetricEigen } from '@ggm-peft/linalg';
import fc from 'fast-check';
import { nearestPositiveDefinite } from '../src/data/nearest-positive-definite.js';
import { golden } from './golden.js';
import { gaussianNumbers, largestDifference, permuted, randomCorrelation } from './random-problem.js';

/** Symmetric with a unit diagonal, in general indefinite. */
function pseudoCorrelation(p: number, seed: number): Matrix {
  const next = gaussianNumbers(seed);
  const result = Matrix.identity(p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < i; j++) {
      const value = Math.tanh(next());
      result.set(i, j, value);
      result.set(j, i, value);
    }
  }
  return result;
}

function minus(a: Matrix, b: Matrix): Matrix {
  return new Matrix(
    a.rows,
    a.cols,
    a.data.map((value, k) => value - (b.data[k] ?? Number.NaN)),
  );
}

const leastEigenvalueOf = (a: Matrix): number => symmetricEigen(a).values[0] ?? Number.NaN;

describe('nearestPositiveDefinite, correlation', () => {
  it('gives the answers of Higham (2002), section 4', () => {
    const three = nearestPositiveDefinite(
      Matrix.from([
        [1, 1, 0],
        [1, 1, 1],
        [0, 1, 1],
      ]),
      { leastEigenvalue: 0, tolerance: 1e-12 },
    );
    expect(three.matrix.get(0, 1)).toBeCloseTo(0.7607, 4);
    expect(three.matrix.get(0, 2)).toBeCloseTo(0.1573, 4);
    expect(three.distance).toBeCloseTo(0.5278, 4);
    const four = nearestPositiveDefinite(
      Matrix.from([
        [2, -1, 0, 0],
        [-1, 2, -1, 0],
        [0, -1, 2, -1],
        [0, 0, -1, 2],
      ]),
      { leastEigenvalue: 0, tolerance: 1e-12 },
    );
    expect(four.matrix.get(0, 1)).toBeCloseTo(-0.8084, 4);
    expect(four.matrix.get(0, 2)).toBeCloseTo(0.1916, 4);
    expect(four.matrix.get(0, 3)).toBeCloseTo(0.1068, 4);
    expect(four.matrix.get(1, 2)).toBeCloseTo(-0.6562, 4);
  });

  it.each(['0.0', '0.1'])('agrees with a quasi-Newton minimiser, least eigenvalue %s', (least) => {
    const expected = golden('estimators.json');
    const a = expected.matrix('indefinite', 'matrix');
    const { matrix, distance, status } = nearestPositiveDefinite(a, {
      leastEigenvalue: Number(least),
      tolerance: 1e-12,
      maxIterations: 2000,
    });
    const wanted = expected.matrix('indefinite', 'nearest', least);
    expect(status).toBe('converged');
    expect(largestDifference(matrix, wanted)).toBeLessThan(1e-7);
    expect(distance).toBeCloseTo(frobeniusNorm(minus(wanted, a)), 8);
  });

  it('meets the optimality condition ⟨A − X, Y − X⟩ ≤ 0 for correlation matrices Y', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 3, max: 7 }), (seed, p) => {
        const a = pseudoCorrelation(p, seed);
        const { matrix: x } = nearestPositiveDefinite(a, {
          tolerance: 1e-12,
          maxIterations: 5000,
          leastEigenvalue: 0.01,
        });
        const residual = minus(a, x).data;
        for (let other = 0; other < 5; other++) {
          const y = randomCorrelation(p, seed + other);
          const towards = minus(y, x).data;
          const product = residual.reduce((sum, value, k) => sum + value * (towards[k] ?? Number.NaN), 0);
          expect(product).toBeLessThan(1e-6);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('always has a unit diagonal and the least eigenvalue, even out of iterations', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.integer({ min: 2, max: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(1, 3, 200),
        (seed, p, leastEigenvalue, maxIterations) => {
          const { matrix } = nearestPositiveDefinite(pseudoCorrelation(p, seed), {
            leastEigenvalue,
            maxIterations,
          });
          expect(leastEigenvalueOf(matrix)).toBeGreaterThan(leastEigenvalue - 1e-12);
          for (let i = 0; i < p; i++) expect(matrix.get(i, i)).toBe(1);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('says when the iterations ran out', () => {
    const { status, message, iterations } = nearestPositiveDefinite(pseudoCorrelation(8, 4), {
      maxIterations: 2,
    });
    expect(status).toBe('iteration-limit');
    expect(iterations).toBe(2);
    expect(message).toMatch(/not the nearest: gap .* after 2 alternating projections.*Raise maxIterations/);
  });

  it('returns a copy of what is definite already', () => {
    const a = randomCorrelation(6, 3);
    const { matrix, distance, status } = nearestPositiveDefinite(a);
    expect(status).toBe('unchanged');
    expect(distance).toBe(0);
    expect(matrix.data).toEqual(a.data);
    expect(matrix.data).not.toBe(a.data);
  });

  it('is reordered with the rows and columns', () => {
    const a = pseudoCorrelation(5, 9);
    const order = [3, 0, 4, 1, 2];
    const one = permuted(nearestPositiveDefinite(a).matrix, order);
    expect(largestDifference(nearestPositiveDefinite(permuted(a, order)).matrix, one)).toBeLessThan(1e-12);
  });
});

describe('nearestPositiveDefinite, covariance', () => {
  it('raises the eigenvalues below the least one and keeps the others', () => {
    const a = Matrix.from([
      [1, 2],
      [2, 1],
    ]); // eigenvalues 3 and −1
    const { matrix, distance } = nearestPositiveDefinite(a, { kind: 'covariance', leastEigenvalue: 0.5 });
    const values = symmetricEigen(matrix).values;
    expect(values[0]).toBeCloseTo(0.5, 14);
    expect(values[1]).toBeCloseTo(3, 14);
    expect(distance).toBeCloseTo(1.5, 14);
    expect(matrix.get(0, 0)).toBeCloseTo(1.75, 14);
  });

  it('follows the scale of the matrix by default', () => {
    const a = pseudoCorrelation(5, 1);
    const one = nearestPositiveDefinite(a, { kind: 'covariance' });
    const large = nearestPositiveDefinite(
      new Matrix(
        5,
        5,
        a.data.map((value) => 1e9 * value),
      ),
      { kind: 'covariance' },
    );
    expect(leastEigenvalueOf(one.matrix)).toBeCloseTo(1e-6, 12);
    expect(large.distance / 1e9).toBeCloseTo(one.distance, 12);
  });
});

describe('nearestPositiveDefinite refuses', () => {
  it('what is not a symmetric, finite, square matrix', () => {
    expect(() => nearestPositiveDefinite(Matrix.zeros(2, 3))).toThrow('a must be square; got 2 x 3');
    const lopsided = Matrix.from([
      [1, 0.5],
      [0.4, 1],
    ]);
    expect(() => nearestPositiveDefinite(lopsided)).toThrow(
      'nearestPositiveDefinite: a must be symmetric; entry [0, 1] = 0.5 but [1, 0] = 0.4',
    );
    const broken = Matrix.identity(3);
    broken.set(2, 1, Number.NaN);
    expect(() => nearestPositiveDefinite(broken)).toThrow('entry [2, 1] = NaN');
  });

  it('options out of range', () => {
    const a = Matrix.identity(2);
    expect(() => nearestPositiveDefinite(a, { leastEigenvalue: 1.5 })).toThrow(
      'leastEigenvalue must lie in [0, 1]; got 1.5',
    );
    expect(() => nearestPositiveDefinite(a, { tolerance: 0 })).toThrow('tolerance must be positive; got 0');
    expect(() => nearestPositiveDefinite(a, { maxIterations: 0 })).toThrow(
      'maxIterations must be a positive integer; got 0',
    );
    const wrong: object = { kind: 'precision' };
    expect(() => nearestPositiveDefinite(a, wrong)).toThrow(
      'kind must be "correlation" or "covariance"; got "precision"',
    );
    const negative = new Matrix(2, 2, Float64Array.from([-1, 0, 0, -1]));
    expect(() => nearestPositiveDefinite(negative, { kind: 'covariance' })).toThrow(
      /got -0\.000001, 1e-6 of the mean/,
    );
  });
});
