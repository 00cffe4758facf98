/** The choice of τ by information criteria, of the fits as they are and refitted. */
import { describe, expect, it } from '@jest/globals';
import { lpPenalty, Matrix, mcpPenalty } from '@ggm-peft/linalg';
import { normals, seededGenerator } from '@ggm-peft/random';
import { correlation, covariance as sampleCovariance } from '../src/data/covariance.js';
import { selectRows } from '../src/data/rows.js';
import { logLikelihood } from '../src/tuning/criteria.js';
import { fitPath } from '../src/tuning/path.js';
import { refit } from '../src/tuning/refit.js';
import { selectTau } from '../src/tuning/select-tau.js';
import type { SelectTauOptions } from '../src/tuning/select-tau-options.js';
import { countEdges } from '../src/tuning/support.js';
import { expected, samples, covariance, places, taus, lasso } from './lasso-path.js';
import { largestDifference, permuted } from './random-problem.js';

describe('selectTau by information', () => {
  it.each(['aic', 'bic', 'ebic'] as const)('%s picks where scikit-learn’s path is best', (criterion) => {
    const values = places.map((k) => expected.number('path', k, criterion));
    const best = values.indexOf(Math.min(...values));
    const gamma = criterion === 'ebic' ? { gamma: 0.5 } : {};
    const selection = selectTau({ ...lasso, covariance }, 40, {
      criterion,
      taus,
      tolerance: 1e-9,
      refit: false,
      ...gamma,
    });
    expect(selection.index).toBe(best);
    expect(selection.tau).toBe(taus[best]);
    expect(selection.status).toBe('selected');
    selection.scores.forEach(({ value }, k) => {
      expect(value).toBeCloseTo(values[k] ?? Number.NaN, 3);
    });
    expect(
      largestDifference(selection.fit.omega, expected.matrix('path', String(best), 'precision')),
    ).toBeLessThan(1e-6);
    expect(selection.message).toMatch(
      new RegExp(`^Selected: ${criterion} chose tau = .* place ${best + 1} of 12`),
    );
  });

  it('takes samples as well as their number, with the correlation matrix by default', () => {
    const one = selectTau({ ...lasso, covariance }, 40, { taus });
    const other = selectTau(lasso, samples, { taus });
    expect(other).toEqual(one);
    const scaled = selectTau(lasso, samples, { taus, estimator: sampleCovariance });
    expect(largestDifference(scaled.covariance, sampleCovariance(samples).covariance)).toBe(0);
  });

  it('chooses sparser graphs for larger gamma', () => {
    const chosen = [0, 0.25, 0.5, 0.75, 1].map((gamma) => selectTau(lasso, chainSamples(30, 0.5), { gamma }));
    chosen.slice(1).forEach(({ index }, k) => {
      expect(index).toBeLessThanOrEqual(chosen[k]?.index ?? -1);
    });
    expect(chosen.at(-1)?.index).toBeLessThan(chosen[0]?.index ?? -1);
  });

  it('chooses the same graph, reordered, for reordered nodes', () => {
    const order = [3, 0, 5, 1, 4, 2];
    for (const input of [
      lasso,
      { penalty: mcpPenalty(), structure: 'entries' },
      { penalty: lpPenalty(), coupling: 1 },
    ] as const) {
      const one = selectTau({ ...input, covariance }, 40, { tolerance: 1e-8 });
      const other = selectTau({ ...input, covariance: permuted(covariance, order) }, 40, { tolerance: 1e-8 });
      expect(other.index).toBe(one.index);
      expect(largestDifference(other.fit.omega, permuted(one.fit.omega, order))).toBeLessThan(1e-5);
    }
  });

  it('says when the choice lies at an end of the path', () => {
    const dense = selectTau(lasso, samples, { criterion: 'aic', taus: taus.slice(0, 4), refit: false });
    expect(dense.status).toBe('path-end');
    expect(dense.message).toMatch(
      /^At the end of the path: aic chose .*place 4 of 4.*Lower ratio, or give smaller taus\.$/,
    );
    const sparse = selectTau(lasso, samples, { taus: taus.slice(8) });
    expect(sparse.status).toBe('path-end');
    expect(sparse.message).toMatch(/place 1 of 4.*Give larger taus\.$/);
    const empty = selectTau(
      {
        ...lasso,
        covariance: Matrix.from([
          [1, 0.1],
          [0.1, 1],
        ]),
      },
      10,
    );
    expect([empty.status, empty.index, empty.scores[0]?.edges]).toEqual(['selected', 0, 0]);
  });

  it('says when the chosen fit did not converge', () => {
    const selection = selectTau(lasso, samples, {
      taus: taus.slice(0, 6),
      maxIterations: 1,
      tolerance: 1e-12,
    });
    expect(selection.status).toBe('not-converged');
    expect(selection.message).toMatch(/^The chosen fit did not converge: ebic chose .*Raise maxIterations/);
    expect(selection.scores.some(({ status }) => status === 'iteration-limit')).toBe(true);
  });
});

describe('selectTau by information, refitted', () => {
  it.each(['aic', 'bic', 'ebic'] as const)('%s judges the maximum likelihood of each graph', (criterion) => {
    const { scores, index, fit } = selectTau({ ...lasso, covariance }, 40, {
      criterion,
      taus,
      tolerance: 1e-9,
    });
    const points = fitPath({ ...lasso, covariance }, { taus, tolerance: 1e-9 });
    const values = points.map((point) => {
      const { omega, delta } = refit(point.fit, covariance, { tolerance: 1e-9 });
      const perEdge = { aic: 2, bic: Math.log(40), ebic: Math.log(40) + Math.log(6) }[criterion];
      return -2 * logLikelihood(omega, { covariance, sampleCount: 40 }) + countEdges(delta) * perEdge;
    });
    scores.forEach(({ value }, k) => {
      expect(value).toBeCloseTo(values[k] ?? Number.NaN, 6);
    });
    expect(index).toBe(values.indexOf(Math.min(...values)));
    // What is given back is the penalised fit all the same
    expect(largestDifference(fit.omega, points[index]?.fit.omega ?? fit.delta)).toBeLessThan(1e-12);
  });

  it.each([
    { what: 'finds no edge', rows: 40, link: 0.5, penalised: { right: [0, 0], wrong: [0, 0] } },
    {
      what: 'finds as many wrong ones',
      rows: 60,
      link: 0.6,
      penalised: { right: [18, 19], wrong: [10, 40] },
    },
  ])(
    'finds a chain where the penalised likelihood $what: $rows samples, links of $link',
    ({ rows, link, penalised }) => {
      const choose = (refitting: boolean): Record<'right' | 'wrong', number> =>
        chainEdges(selectTau(lasso, chainSamples(rows, link), { refit: refitting }).fit.delta);
      const within = (count: number, [least = 0, most = 0]: readonly number[]): boolean =>
        count >= least && count <= most;
      const shrunk = choose(false);
      expect([within(shrunk.right, penalised.right), within(shrunk.wrong, penalised.wrong)]).toEqual([
        true,
        true,
      ]);
      const { right, wrong } = choose(true);
      expect(right).toBeGreaterThanOrEqual(14);
      expect(wrong).toBeLessThanOrEqual(2);
    },
  );

  it('passes over graphs that have no maximum likelihood', () => {
    const few = selectRows(samples, [0, 7, 14, 21]); // 4 samples of 6 columns: S is singular
    const shrunk = correlation(few).covariance;
    const { scores, index } = selectTau({ ...lasso, covariance: shrunk }, 4, { ratio: 0.01, count: 12 });
    const refused = scores.map(({ value }) => value === Infinity);
    expect(refused).toContain(true);
    expect(refused[0]).toBe(false);
    expect(refused[index]).toBe(false);
  });

  it('refuses a refit that is no boolean, or of another criterion', () => {
    const worded: object = { refit: 'yes' };
    expect(() => selectTau(lasso, samples, worded)).toThrow(
      'selectTau: refit must be true or false; got yes',
    );
    const other: SelectTauOptions = { criterion: 'cv', ...{ refit: true } };
    expect(() => selectTau(lasso, samples, other)).toThrow('selectTau: unknown option "refit"');
  });
});

/** Samples of a chain of 20 nodes whose neighbours have the correlation `link`. */
function chainSamples(rows: number, link: number): Matrix {
  const normal = normals(seededGenerator(3));
  return Matrix.from(
    Array.from({ length: rows }, () => {
      const row = [normal()];
      while (row.length < 20) row.push(link * (row.at(-1) ?? 0) + Math.sqrt(1 - link ** 2) * normal());
      return row;
    }),
  );
}

/** How many edges join neighbours of the chain, and how many others. */
function chainEdges(delta: Matrix): Record<'right' | 'wrong', number> {
  const counts = { right: 0, wrong: 0 };
  for (let i = 0; i < delta.rows; i++) {
    for (let j = i + 1; j < delta.rows; j++) {
      if (delta.get(i, j) !== 0) counts[j === i + 1 ? 'right' : 'wrong']++;
    }
  }
  return counts;
}
