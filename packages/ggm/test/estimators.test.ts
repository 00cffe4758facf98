/** Samples to S: goldens of numpy and scikit-learn (fixtures/estimators.py), invariances, and what is refused. */
import { describe, expect, it } from '@jest/globals';
import { Matrix } from '@ggm-peft/linalg';
import fc from 'fast-check';
import { correlation, covariance } from '../src/data/covariance.js';
import type { Estimator } from '../src/data/estimate.js';
import { ledoitWolf } from '../src/data/ledoit-wolf.js';
import { pairwiseCorrelation, pairwiseCovariance } from '../src/data/pairwise.js';
import { rankCorrelation } from '../src/data/rank-correlation.js';
import { schaeferStrimmer } from '../src/data/schaefer-strimmer.js';
import { golden } from './golden.js';
import { largestDifference, permuted } from './random-problem.js';
import { randomSamples, mapped, columnsReordered, leastEigenvalueOf } from './random-samples.js';

const expected = golden('estimators.json');

const plain = expected.matrix('plain', 'samples');

const holes = expected.matrix('holes', 'samples');

const estimators: readonly (readonly [string, Estimator])[] = [
  ['covariance', covariance],
  ['correlation', correlation],
  ['ledoitWolf', ledoitWolf],
  ['schaeferStrimmer', schaeferStrimmer],
  ['rankCorrelation, spearman', (x) => rankCorrelation(x)],
  ['rankCorrelation, kendall', (x) => rankCorrelation(x, { kind: 'kendall' })],
  ['pairwiseCovariance', (x) => pairwiseCovariance(x)],
  ['pairwiseCorrelation', (x) => pairwiseCorrelation(x)],
];

describe('every estimator', () => {
  it.each(estimators)('%s: reordered columns reorder S', (_, estimator) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
        (seed, order) => {
          const x = randomSamples(12, 5, seed);
          const whole = permuted(estimator(x).covariance, order);
          expect(largestDifference(estimator(columnsReordered(x, order)).covariance, whole)).toBeLessThan(
            1e-12,
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  it.each(estimators)('%s: the order of the samples does not matter, nor does a shift', (_, estimator) => {
    const x = randomSamples(15, 4, 8);
    const reversed = Matrix.from(x.toRows().reverse());
    const s = estimator(x).covariance;
    expect(largestDifference(estimator(reversed).covariance, s)).toBeLessThan(1e-12);
    const shifted = mapped(x, (value, column) => value + 100 * column);
    expect(largestDifference(estimator(shifted).covariance, s)).toBeLessThan(1e-11);
  });

  it.each(estimators)('%s: is exactly symmetric, and leaves the samples alone', (_, estimator) => {
    const x = randomSamples(10, 6, 5);
    const before = x.clone();
    const { covariance: s } = estimator(x);
    expect(x.data).toEqual(before.data);
    for (let i = 0; i < 6; i++) for (let j = 0; j < i; j++) expect(s.get(i, j)).toBe(s.get(j, i));
  });

  it.each(estimators)(
    '%s: names the row and column of an infinity, and refuses one sample',
    (_, estimator) => {
      const x = plain.clone();
      x.set(3, 2, -Infinity);
      expect(() => estimator(x)).toThrow(/samples must be finite.*row 3, column 2 = -Infinity/);
      expect(() => estimator(Matrix.zeros(1, 3))).toThrow('samples must have at least 2 rows; got 1 x 3');
    },
  );

  it.each(estimators)('%s: says how a matrix is made of rows', (_, estimator) => {
    expect(() => {
      Reflect.apply(estimator, undefined, [plain.toRows()]);
    }).toThrow(/samples must be a Matrix; got an array; write Matrix.from\(rows\)/);
  });

  it.each(estimators.slice(0, 6))('%s: names a missing value and says what to use', (_, estimator) => {
    expect(() => estimator(holes)).toThrow(
      /row 1, column 0 = NaN; for missing values use pairwiseCovariance/,
    );
  });
});

describe('covariance and correlation', () => {
  it('agree with numpy', () => {
    expect(
      largestDifference(covariance(plain).covariance, expected.matrix('plain', 'covariance')),
    ).toBeLessThan(1e-14);
    expect(
      largestDifference(
        covariance(plain, { ddof: 0 }).covariance,
        expected.matrix('plain', 'covarianceDdof0'),
      ),
    ).toBeLessThan(1e-14);
    const r = correlation(plain);
    expect(largestDifference(r.covariance, expected.matrix('plain', 'correlation'))).toBeLessThan(1e-14);
    expect(r.sampleCount).toBe(14);
  });

  it('make exact zeros of a constant column, whatever rounding leaves of it', () => {
    const x = mapped(plain, (value, column) => (column === 1 ? 0.1 : value));
    const s = covariance(x);
    const r = correlation(x);
    expect(s.constantColumns).toEqual([1]);
    expect(r.constantColumns).toEqual([1]);
    for (let j = 0; j < 4; j++) {
      expect(s.covariance.get(1, j)).toBe(0);
      expect(r.covariance.get(1, j)).toBe(j === 1 ? 1 : 0);
    }
    expect(s.covariance.get(0, 2)).toBe(covariance(plain).covariance.get(0, 2));
  });

  it('correlation takes columns of any size', () => {
    const huge = mapped(plain, (value, column) => value * ([1e-200, 1, 1e150, 1e300][column] ?? 1));
    expect(largestDifference(correlation(huge).covariance, correlation(plain).covariance)).toBeLessThan(
      1e-14,
    );
  });

  it('refuse a divisor of 0 and unknown options', () => {
    expect(() => covariance(plain, { ddof: 14 })).toThrow(
      'covariance: ddof must lie in [0, n) = [0, 14); got 14',
    );
    const misspelt: object = { dof: 1 };
    expect(() => covariance(plain, misspelt)).toThrow('did you mean "ddof"?');
  });
});

describe('ledoitWolf', () => {
  it.each(['plain', 'wide'])('agrees with scikit-learn on %s samples', (name) => {
    const { covariance: s, intensity } = ledoitWolf(expected.matrix(name, 'samples'));
    const wanted = expected.matrix(name, 'ledoitWolf', 'covariance');
    expect(intensity).toBeCloseTo(expected.number(name, 'ledoitWolf', 'shrinkage'), 13);
    expect(largestDifference(s, wanted)).toBeLessThan(1e-13);
  });

  it('is definite with fewer samples than columns, and keeps the trace', () => {
    const x = expected.matrix('wide', 'samples');
    const s = ledoitWolf(x).covariance;
    expect(leastEigenvalueOf(s)).toBeGreaterThan(0.01);
    const trace = (a: Matrix): number =>
      Array.from({ length: a.rows }, (_, i) => a.get(i, i)).reduce((p, q) => p + q);
    expect(trace(s)).toBeCloseTo(trace(covariance(x, { ddof: 0 }).covariance), 12);
  });

  it('turns with the coordinates', () => {
    const x = randomSamples(9, 2, 3);
    const turned = Matrix.from(x.toRows().map(([a = 0, b = 0]) => [0.6 * a - 0.8 * b, 0.8 * a + 0.6 * b]));
    expect(ledoitWolf(turned).intensity).toBeCloseTo(ledoitWolf(x).intensity, 12);
  });

  it('has nothing to shrink in one column, or where all products agree', () => {
    expect(ledoitWolf(Matrix.from([[1], [2], [4]])).intensity).toBe(0);
    expect(ledoitWolf(Matrix.from([[1], [2], [4]])).covariance.get(0, 0)).toBeCloseTo(14 / 9, 14);
  });
});

describe('schaeferStrimmer', () => {
  it('is the correlation matrix with its off-diagonals shrunk by the intensity', () => {
    const { covariance: s, intensity, sampleCount } = schaeferStrimmer(plain);
    expect(sampleCount).toBe(14);
    expect(intensity).toBeGreaterThan(0.01);
    expect(s.get(0, 2)).toBeCloseTo((1 - intensity) * correlation(plain).covariance.get(0, 2), 14);
    expect(schaeferStrimmer(plain, { intensity: 0 }).covariance.data).toEqual(
      correlation(plain).covariance.data,
    );
    expect(() => schaeferStrimmer(plain, { intensity: 1.5 })).toThrow(
      'intensity must lie in [0, 1]; got 1.5',
    );
  });
});
