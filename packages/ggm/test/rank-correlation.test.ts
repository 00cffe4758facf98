/** Rank correlations: goldens of SciPy (fixtures/estimators.py), definitions, and what is refused. */
import { describe, expect, it } from '@jest/globals';
import { Matrix } from '@ggm-peft/linalg';
import fc from 'fast-check';
import { correlation } from '../src/data/covariance.js';
import { rankCorrelation } from '../src/data/rank-correlation.js';
import { golden } from './golden.js';
import { gaussianNumbers, largestDifference } from './random-problem.js';
import { randomSamples, mapped, leastEigenvalueOf } from './random-samples.js';

const expected = golden('estimators.json');

const plain = expected.matrix('plain', 'samples');

const tied = expected.matrix('tied', 'samples');

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
