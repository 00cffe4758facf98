/** Samples to S: goldens of numpy, SciPy and scikit-learn (fixtures/estimators.py), invariances, and what is refused. */
import { describe, expect, it } from '@jest/globals';
import { Matrix, symmetricEigen } from '@ggm-peft/linalg';
import fc from 'fast-check';
import { correlation, covariance } from '../src/data/covariance.js';
import type { Estimator } from '../src/data/estimate.js';
import { ledoitWolf } from '../src/data/ledoit-wolf.js';
import { pairwiseCorrelation, pairwiseCovariance } from '../src/data/pairwise.js';
import { rankCorrelation } from '../src/data/rank-correlation.js';
import { schaeferStrimmer } from '../src/data/schaefer-strimmer.js';
import { golden } from './golden.js';
import { gaussianNumbers, largestDifference, permuted } from './random-problem.js';

const expected = golden('estimators.json');
const plain = expected.matrix('plain', 'samples');
const tied = expected.matrix('tied', 'samples');
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

/** Correlated samples [n, p]. */
function randomSamples(n: number, p: number, seed: number): Matrix {
  const next = gaussianNumbers(seed);
  const result = Matrix.zeros(n, p);
  for (let i = 0; i < n; i++) {
    const factor = next();
    for (let j = 0; j < p; j++) result.set(i, j, factor * (j % 3) + next());
  }
  return result;
}

function mapped(x: Matrix, change: (value: number, column: number) => number): Matrix {
  return new Matrix(
    x.rows,
    x.cols,
    x.data.map((value, k) => change(value, k % x.cols)),
  );
}

function columnsReordered(x: Matrix, order: readonly number[]): Matrix {
  return Matrix.from(x.toRows().map((row) => order.map((j) => row[j] ?? Number.NaN)));
}

const leastEigenvalueOf = (a: Matrix): number => symmetricEigen(a).values[0] ?? Number.NaN;

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

describe('rankCorrelation', () => {
  const sines = {
    spearman: (r: number) => 2 * Math.sin((Math.PI / 6) * r),
    kendall: (r: number) => Math.sin((Math.PI / 2) * r),
  };

  it.each(['spearman', 'kendall'] as const)('%s agrees with SciPy, with and without ties', (kind) => {
    for (const [name, samples] of [
      ['plain', plain],
      ['tied', tied],
    ] as const) {
      const { covariance: s, repair } = rankCorrelation(samples, { kind });
      const wanted = mapped(expected.matrix(name, kind), sines[kind]);
      expect(repair.distance).toBe(0);
      expect(largestDifference(s, wanted)).toBeLessThan(1e-14);
    }
  });

  it.each(['spearman', 'kendall'] as const)(
    '%s does not see increasing transformations of a column',
    (kind) => {
      const transforms = [Math.exp, (x: number) => 3 * x - 7, (x: number) => x ** 3, Math.atan];
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 1e6 }), fc.boolean(), (seed, ties) => {
          const x = mapped(randomSamples(16, 4, seed), (value) => (ties ? Math.round(value) : value));
          const changed = mapped(x, (value, column) => (transforms[column] ?? Math.exp)(value));
          expect(rankCorrelation(changed, { kind }).covariance.data).toEqual(
            rankCorrelation(x, { kind }).covariance.data,
          );
        }),
        { numRuns: 30 },
      );
    },
  );

  it('kendall counts what its definition counts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 4 })), {
          minLength: 2,
          maxLength: 40,
        }),
        (rows) => {
          let score = 0;
          let x = 0;
          let y = 0;
          rows.forEach(([a, b], k) => {
            rows.slice(0, k).forEach(([c, d]) => {
              score += Math.sign(a - c) * Math.sign(b - d);
              x += Math.sign(a - c) ** 2;
              y += Math.sign(b - d) ** 2;
            });
          });
          const tau = x * y === 0 ? 0 : score / Math.sqrt(x * y);
          const found = rankCorrelation(Matrix.from(rows), {
            kind: 'kendall',
            leastEigenvalue: 0,
          }).covariance;
          expect(found.get(0, 1)).toBeCloseTo(Math.sin((Math.PI / 2) * tau), 12);
        },
      ),
    );
  });

  it('recovers the correlation behind a monotone distortion that misleads Pearson', () => {
    const next = gaussianNumbers(21);
    const rho = 0.7;
    const x = Matrix.from(
      Array.from({ length: 4000 }, () => {
        const a = next();
        return [Math.exp(2 * a), rho * a + Math.sqrt(1 - rho ** 2) * next()];
      }),
    );
    expect(correlation(x).covariance.get(0, 1)).toBeLessThan(0.45);
    for (const kind of ['spearman', 'kendall'] as const) {
      expect(Math.abs(rankCorrelation(x, { kind }).covariance.get(0, 1) - rho)).toBeLessThan(0.02);
    }
  });

  it('is made definite where it is not, and says so', () => {
    const x = randomSamples(6, 9, 2); // more columns than samples
    for (const kind of ['spearman', 'kendall'] as const) {
      const { covariance: s, repair } = rankCorrelation(x, { kind, leastEigenvalue: 0.01 });
      expect(repair.status).toBe('converged');
      expect(repair.distance).toBeGreaterThan(0.01);
      expect(leastEigenvalueOf(s)).toBeGreaterThan(0.01 - 1e-12);
      for (let i = 0; i < 9; i++) expect(s.get(i, i)).toBe(1);
    }
  });

  it('takes a constant column as uncorrelated, and refuses other kinds', () => {
    const x = mapped(plain, (value, column) => (column === 2 ? 5 : value));
    for (const kind of ['spearman', 'kendall'] as const) {
      const { covariance: s, constantColumns } = rankCorrelation(x, { kind });
      expect(constantColumns).toEqual([2]);
      expect(Array.from(s.row(2))).toEqual([0, 0, 1, 0]);
    }
    const wrong: object = { kind: 'pearson' };
    expect(() => rankCorrelation(plain, wrong)).toThrow(
      'kind must be "spearman" or "kendall"; got "pearson"',
    );
  });
});

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
