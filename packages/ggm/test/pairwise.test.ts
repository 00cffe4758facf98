/** Estimates by pairs of columns, from samples with missing values: goldens of numpy (fixtures/estimators.py). */
import { describe, expect, it } from '@jest/globals';
import { Matrix } from '@ggm-peft/linalg';
import { correlation, covariance } from '../src/data/covariance.js';
import { pairwiseCorrelation, pairwiseCovariance } from '../src/data/pairwise.js';
import { golden } from './golden.js';
import { gaussianNumbers, largestDifference } from './random-problem.js';
import { randomSamples, mapped, leastEigenvalueOf } from './random-samples.js';

const expected = golden('estimators.json');

const plain = expected.matrix('plain', 'samples');

const holes = expected.matrix('holes', 'samples');

describe('pairwise estimates', () => {
  it('agree with numpy on the common rows of every pair', () => {
    const r = pairwiseCorrelation(holes);
    expect(r.repair.status).toBe('unchanged');
    expect(largestDifference(r.covariance, expected.matrix('holes', 'correlation'))).toBeLessThan(1e-14);
    const s = pairwiseCovariance(holes);
    expect(largestDifference(s.covariance, expected.matrix('holes', 'covariance'))).toBeLessThan(1e-14);
    const biased = pairwiseCovariance(holes, { ddof: 0 });
    expect(largestDifference(biased.covariance, expected.matrix('holes', 'covarianceDdof0'))).toBeLessThan(
      1e-14,
    );
  });

  it('equal the complete estimates where nothing is missing', () => {
    expect(
      largestDifference(pairwiseCovariance(plain).covariance, covariance(plain).covariance),
    ).toBeLessThan(1e-14);
    expect(
      largestDifference(pairwiseCorrelation(plain).covariance, correlation(plain).covariance),
    ).toBeLessThan(1e-14);
    const { fewestObservations, sparsePairs, sampleCount } = pairwiseCovariance(plain);
    expect([fewestObservations, sampleCount, sparsePairs]).toEqual([14, 14, []]);
  });

  it('count the observations of every pair', () => {
    const count = (i: number, j: number): number =>
      holes.toRows().filter((row) => !Number.isNaN(row[i]) && !Number.isNaN(row[j])).length;
    const every = [0, 1, 2, 3].flatMap((j) =>
      Array.from({ length: j }, (_, i) => ({ i, j, observations: count(i, j) })),
    );
    const { sparsePairs, fewestObservations } = pairwiseCovariance(holes, { fewObservations: 15 });
    const wanted = every.filter(({ observations }) => observations < 15);
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.length).toBeLessThan(6);
    expect(sparsePairs).toEqual(expect.arrayContaining(wanted));
    expect(sparsePairs).toHaveLength(wanted.length);
    expect(fewestObservations).toBe(Math.min(...every.map(({ observations }) => observations)));
  });

  it('are made definite on the correlation scale, whatever the units', () => {
    // Three columns that only ever meet two at a time, and contradict one another there.
    const na = Number.NaN;
    const x = Matrix.from(
      [1, 2, 4, 7, 11].flatMap((a) => [
        [a, a, na],
        [na, a, a],
        [a, na, -a],
      ]),
    );
    const one = pairwiseCovariance(x, { leastEigenvalue: 0.05 });
    const units = [1e-3, 1, 1e6];
    const other = pairwiseCovariance(
      mapped(x, (value, column) => value * (units[column] ?? 1)),
      { leastEigenvalue: 0.05 },
    );
    expect(one.repair.status).toBe('converged');
    expect(one.repair.distance).toBeGreaterThan(0.5);
    expect(leastEigenvalueOf(pairwiseCorrelation(x, { leastEigenvalue: 0.05 }).covariance)).toBeGreaterThan(
      0.05 - 1e-12,
    );
    expect(leastEigenvalueOf(one.covariance)).toBeGreaterThan(0);
    units.forEach((from, i) => {
      units.forEach((to, j) => {
        expect(other.covariance.get(i, j) / (from * to)).toBeCloseTo(one.covariance.get(i, j), 10);
      });
      const observed = x.column(i).filter((value) => !Number.isNaN(value));
      const variance = covariance(new Matrix(10, 1, observed)).covariance.get(0, 0);
      expect(one.covariance.get(i, i)).toBeCloseTo(variance, 10);
    });
  });

  it('take pairs that never meet, and constant columns, as uncorrelated', () => {
    const na = Number.NaN;
    const x = Matrix.from([
      [1, na, 3, 7],
      [2, na, 3, 8],
      [4, na, 3, 6],
      [na, 1, 3, 1],
      [na, 5, 3, 2], // columns 1 and 3 meet twice, which says nothing
    ]);
    for (const estimator of [pairwiseCovariance, pairwiseCorrelation]) {
      const { covariance: s, sparsePairs, fewestObservations, constantColumns } = estimator(x);
      expect(s.get(0, 1)).toBe(0);
      expect(s.get(0, 2)).toBe(0);
      expect(s.get(1, 3)).toBe(0);
      expect(s.get(0, 3)).not.toBe(0);
      expect(sparsePairs.map(({ observations }) => observations)).toEqual([0, 2, 2, 3, 3, 5]);
      expect(fewestObservations).toBe(0);
      expect(constantColumns).toEqual([2]);
    }
    expect(pairwiseCorrelation(x).covariance.get(2, 2)).toBe(1);
    expect(pairwiseCovariance(x).covariance.get(2, 2)).toBe(0);
  });

  it('name a column that is missing', () => {
    const x = mapped(plain, (value, column) => (column === 2 ? Number.NaN : value));
    expect(() => pairwiseCovariance(x)).toThrow(
      'pairwiseCovariance: samples must have at least 2 observed values in every column; column 2 has 0 in 14 rows',
    );
    expect(() => pairwiseCovariance(plain, { ddof: 2 })).toThrow('ddof must lie in [0, n) = [0, 2); got 2');
    expect(() => pairwiseCorrelation(plain, { fewObservations: -1 })).toThrow(
      'fewObservations must not be negative',
    );
  });

  it('are close to the truth where a tenth is missing at random', () => {
    const next = gaussianNumbers(33);
    const whole = randomSamples(3000, 3, 12);
    const some = mapped(whole, (value) => (next() > 1.2816 ? Number.NaN : value));
    const distance = largestDifference(pairwiseCorrelation(some).covariance, correlation(whole).covariance);
    expect(distance).toBeGreaterThan(0);
    expect(distance).toBeLessThan(0.02);
  });
});
