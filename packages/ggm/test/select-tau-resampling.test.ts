/** The choice of τ by cross-validation and by stability. */
import { describe, expect, it } from '@jest/globals';
import { cholesky, l1Penalty, logDeterminant, traceOfProduct } from '@ggm-peft/linalg';
import { correlation } from '../src/data/covariance.js';
import { pairwiseCorrelation } from '../src/data/pairwise.js';
import { selectRows } from '../src/data/rows.js';
import { fitGgm } from '../src/fit-ggm.js';
import { randomFolds, randomSubsample } from '../src/tuning/folds.js';
import { fitPath } from '../src/tuning/path.js';
import { selectTau } from '../src/tuning/select-tau.js';
import type { CrossValidationOptions, StarsOptions } from '../src/tuning/select-tau-options.js';
import { samples, covariance, taus, lasso } from './lasso-path.js';

const resampled: readonly (readonly [string, CrossValidationOptions | StarsOptions])[] = [
  ['cv', { criterion: 'cv', seed: 3 }],
  ['stars', { criterion: 'stars', seed: 3, subsamples: 8 }],
];

describe('selectTau by cross-validation', () => {
  it('scores what the definition says', () => {
    const folds = 4;
    const { scores } = selectTau(lasso, samples, { criterion: 'cv', folds, seed: 9, taus, tolerance: 1e-9 });
    scores.forEach(({ tau, value, standardError }) => {
      const losses = randomFolds(40, folds, 9).map(({ train, test }) => {
        const s = correlation(selectRows(samples, train)).covariance;
        const { omega } = fitGgm({ ...lasso, covariance: s, tau }, { tolerance: 1e-9 });
        const factor = cholesky(omega);
        if (factor.status !== 'ok') throw new Error('Ω must be positive definite');
        const held = correlation(selectRows(samples, test)).covariance;
        return -(logDeterminant(factor.lower) - traceOfProduct(held, omega)) / 2;
      });
      const mean = losses.reduce((sum, loss) => sum + loss, 0) / folds;
      const variance = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (folds - 1);
      expect(value).toBeCloseTo(mean, 7);
      expect(standardError).toBeCloseTo(Math.sqrt(variance / folds), 7);
    });
  });

  it('chooses the least loss, and a denser graph than EBIC', () => {
    const { index, scores } = selectTau(lasso, samples, { criterion: 'cv', taus });
    const values = scores.map(({ value }) => value);
    expect(values[index]).toBe(Math.min(...values));
    expect(index).toBeGreaterThan(selectTau(lasso, samples, { taus }).index);
  });

  it('folds are a partition of the samples into equal parts', () => {
    const parts = randomFolds(23, 5, 1);
    expect(parts.flatMap(({ test }) => test).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 23 }, (_, i) => i),
    );
    for (const { train, test } of parts) {
      expect([4, 5]).toContain(test.length);
      expect([...train, ...test].sort((a, b) => a - b)).toEqual(Array.from({ length: 23 }, (_, i) => i));
    }
  });
});

describe('selectTau by stability', () => {
  it('measures what the definition says', () => {
    const size = 25;
    const rounds = 6;
    const { scores } = selectTau(lasso, samples, {
      criterion: 'stars',
      seed: 5,
      subsamples: rounds,
      subsampleSize: size,
      taus,
    });
    let largest = 0;
    for (const { tau, value } of scores) {
      const graphs = Array.from({ length: rounds }, (_, round) => {
        const s = correlation(selectRows(samples, randomSubsample(40, size, 5, round))).covariance;
        return fitGgm({ ...lasso, covariance: s, tau }).delta;
      });
      let sum = 0;
      for (let i = 0; i < 6; i++) {
        for (let j = 0; j < i; j++) {
          const share = graphs.filter((delta) => delta.get(i, j) !== 0).length / rounds;
          sum += 2 * share * (1 - share);
        }
      }
      largest = Math.max(largest, sum / 15);
      expect(value).toBeCloseTo(largest, 12);
    }
    expect(largest).toBeGreaterThan(0.1);
  });

  it('chooses the least τ that is stable enough', () => {
    for (const instability of [0.05, 0.1, 0.2]) {
      const { index, scores } = selectTau(lasso, samples, { criterion: 'stars', instability });
      expect(scores[0]?.value).toBe(0); // even a subsample's largest correlation is below the first τ
      scores.forEach(({ value }, k) => {
        if (k <= index) expect(value).toBeLessThanOrEqual(instability);
        else expect(value).toBeGreaterThan(instability);
      });
    }
  });

  it('counts the pairs that the penalty can remove only', () => {
    const rows = { penalty: l1Penalty(), importantNodes: [0], coupling: 1 } as const;
    const { scores, index } = selectTau(rows, samples, { criterion: 'stars', instability: 0.3 });
    expect(Math.max(...scores.map(({ value }) => value))).toBeGreaterThan(0.15);
    expect(scores[index]?.edges).toBeGreaterThanOrEqual(10); // the free pairs among nodes 1..5
  });

  it('says when no graph is stable', () => {
    const { status, message, index } = selectTau(lasso, samples, {
      criterion: 'stars',
      instability: 0.001,
      taus: taus.slice(3, 6),
    });
    expect([status, index]).toEqual(['path-end', 0]);
    expect(message).toMatch(/No graph of the path is as stable as 0.001 asks. Give larger taus\.$/);
  });

  it('subsamples are distinct rows, other ones each round', () => {
    const one = randomSubsample(30, 12, 7, 0);
    expect(new Set(one).size).toBe(12);
    expect(Math.max(...one)).toBeLessThan(30);
    expect(randomSubsample(30, 12, 7, 0)).toEqual(one);
    expect(randomSubsample(30, 12, 7, 1)).not.toEqual(one);
  });
});

describe('selectTau by resampling', () => {
  it.each(resampled)('%s is the same for the same seed, and another for another', (_, options) => {
    const one = selectTau(lasso, samples, { ...options, taus });
    expect(selectTau(lasso, samples, { ...options, taus })).toEqual(one);
    const other = selectTau(lasso, samples, { ...options, taus, seed: 4 });
    expect(other.scores.map(({ value }) => value)).not.toEqual(one.scores.map(({ value }) => value));
  });

  it.each(resampled)('%s chooses from the path over all samples', (_, options) => {
    const { fit, tau, index, scores } = selectTau(lasso, samples, { ...options, taus, tolerance: 1e-8 });
    const points = fitPath({ ...lasso, covariance }, { taus, tolerance: 1e-8 });
    expect(fit.omega.data).toEqual(points[index]?.fit.omega.data);
    expect(scores.map(({ edges }) => edges)).toEqual(points.map(({ edges }) => edges));
    expect(tau).toBe(taus[index]);
  });

  it.each(resampled)('%s takes samples with missing values, if the estimator does', (_, options) => {
    const holes = samples.clone();
    for (let k = 0; k < 12; k++) holes.set((7 * k) % 40, k % 6, Number.NaN);
    const { scores, status } = selectTau(lasso, holes, { ...options, estimator: pairwiseCorrelation, taus });
    expect(scores.every(({ value }) => Number.isFinite(value))).toBe(true);
    expect(['selected', 'path-end']).toContain(status);
    expect(() => selectTau(lasso, holes, options)).toThrow(/row 0, column 0 = NaN; for missing values/);
  });

  it.each(resampled)('%s reports every fit, and ends early with what it has', (name, options) => {
    let total = 0;
    let calls = 0;
    selectTau(lasso, samples, {
      ...options,
      taus,
      onFit: (_point, progress) => ((total = progress.total), calls++),
    });
    expect(total).toBe(taus.length * (name === 'cv' ? 6 : 9));
    expect(calls).toBe(total);
    for (const limit of [3, 30]) {
      const signal = { aborted: false };
      const { status, message, scores, fit } = selectTau(lasso, samples, {
        ...options,
        taus,
        signal,
        onFit: (_point, { done }) => (signal.aborted = done >= limit),
      });
      expect(status).toBe('aborted');
      expect(message).toMatch(/^Aborted: /);
      expect(scores.length).toBeGreaterThan(0);
      expect(Number.isFinite(scores[0]?.value)).toBe(limit === 30);
      expect(fit.omega.rows).toBe(6);
    }
  });
});
