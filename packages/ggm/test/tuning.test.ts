/** Paths, criteria and the choice of τ: goldens of scikit-learn (fixtures/graphical-lasso-path.py), definitions, invariances. */
import { describe, expect, it } from '@jest/globals';
import {
  cholesky,
  l0Penalty,
  l1Penalty,
  logDeterminant,
  lpPenalty,
  Matrix,
  mcpPenalty,
  traceOfProduct,
} from '@ggm-peft/linalg';
import { normals, seededGenerator } from '@ggm-peft/random';
import { correlation, covariance as sampleCovariance } from '../src/data/covariance.js';
import { pairwiseCorrelation } from '../src/data/pairwise.js';
import { selectRows } from '../src/data/rows.js';
import { fitGgm } from '../src/fit-ggm.js';
import { aic, bic, ebic, logLikelihood } from '../src/tuning/criteria.js';
import { randomFolds, randomSubsample } from '../src/tuning/folds.js';
import { fitPath } from '../src/tuning/path.js';
import { refit } from '../src/tuning/refit.js';
import { selectTau } from '../src/tuning/select-tau.js';
import type {
  CrossValidationOptions,
  SelectTauOptions,
  StarsOptions,
} from '../src/tuning/select-tau-options.js';
import { countEdges } from '../src/tuning/support.js';
import { golden } from './golden.js';
import { largestDifference, permuted, randomCorrelation } from './random-problem.js';

const expected = golden('graphical-lasso-path.json');
const samples = expected.matrix('samples'); // [40, 6]
const covariance = correlation(samples).covariance;
const places = Array.from({ length: expected.length('path') }, (_, k) => String(k));
const taus = places.map((k) => expected.number('path', k, 'tau'));
const lasso = { penalty: l1Penalty(), structure: 'entries' } as const;

const resampled: readonly (readonly [string, CrossValidationOptions | StarsOptions])[] = [
  ['cv', { criterion: 'cv', seed: 3 }],
  ['stars', { criterion: 'stars', seed: 3, subsamples: 8 }],
];

describe('criteria', () => {
  it.each(places)('agree with scikit-learn on its own answer, place %s', (k) => {
    const theta = expected.matrix('path', k, 'precision');
    const fit = { omega: theta, delta: theta };
    const data = { covariance, sampleCount: 40 };
    expect(countEdges(theta)).toBe(expected.number('path', k, 'edges'));
    expect(logLikelihood(theta, data)).toBeCloseTo(expected.number('path', k, 'logLikelihood'), 9);
    expect(aic(fit, data)).toBeCloseTo(expected.number('path', k, 'aic'), 9);
    expect(bic(fit, data)).toBeCloseTo(expected.number('path', k, 'bic'), 9);
    expect(ebic(fit, data, 0.5)).toBeCloseTo(expected.number('path', k, 'ebic'), 9);
    expect(ebic(fit, data)).toBe(ebic(fit, data, 0.25));
  });

  it('ebic is bic at gamma 0 and grows by 4 |E| log p', () => {
    const theta = expected.matrix('path', '4', 'precision');
    const fit = { omega: theta, delta: theta };
    const data = { covariance, sampleCount: 40 };
    expect(ebic(fit, data, 0)).toBe(bic(fit, data));
    expect(ebic(fit, data, 0.75) - ebic(fit, data, 0.25)).toBeCloseTo(4 * 0.5 * 9 * Math.log(6), 9);
  });

  it('are infinite where Ω is not positive definite, and refuse what is out of range', () => {
    const indefinite = Matrix.from([
      [1, 2],
      [2, 1],
    ]);
    const data = { covariance: Matrix.identity(2), sampleCount: 10 };
    expect(ebic({ omega: indefinite, delta: indefinite }, data)).toBe(Infinity);
    expect(() => ebic({ omega: indefinite, delta: indefinite }, data, 2)).toThrow(
      'gamma must lie in [0, 1]; got 2',
    );
    expect(() => logLikelihood(indefinite, { ...data, sampleCount: 0 })).toThrow(
      'must be positive and finite; got 0',
    );
  });

  it('count an edge only where no penalised side is zero', () => {
    const delta = Matrix.from([
      [1, 0, 0.2],
      [0.5, 1, 0.3],
      [0.2, 0, 1],
    ]);
    expect(countEdges(delta)).toBe(1);
  });
});

describe('fitPath', () => {
  it('agrees with scikit-learn all the way', () => {
    const points = fitPath({ ...lasso, covariance }, { taus, tolerance: 1e-9 });
    expect(points.map(({ tau }) => tau)).toEqual(taus);
    points.forEach(({ fit, edges }, k) => {
      const place = String(k);
      expect(edges).toBe(expected.number('path', place, 'edges'));
      expect(largestDifference(fit.omega, expected.matrix('path', place, 'precision'))).toBeLessThan(1e-6);
    });
  });

  it.each([
    ['entries', { ...lasso, covariance }],
    ['entries, coupling 1', { ...lasso, covariance, coupling: 1 }],
    ['columns', { penalty: l1Penalty(), covariance, importantNodes: [0, 3] }],
    ['columns, coupling 2', { penalty: l1Penalty(), covariance, importantNodes: [0, 3], coupling: 2 }],
    ['whole columns, coupling 1', { penalty: l1Penalty(), covariance, coupling: 1 }],
  ] as const)('warm starts do not change the answers: %s', (_, input) => {
    const points = fitPath(input, { count: 8, tolerance: 1e-8 });
    for (const { tau, fit } of points) {
      expect(fit.status).toBe('converged');
      const cold = fitGgm({ ...input, tau }, { tolerance: 1e-8 });
      expect(largestDifference(fit.omega, cold.omega)).toBeLessThan(1e-5);
      expect(fit.objective).toBeCloseTo(cold.objective, 8);
    }
  });

  it('starts with the null model, grows, and costs fewer iterations than cold fits', () => {
    const input = { penalty: l1Penalty(), covariance: randomCorrelation(12, 5), coupling: 1 };
    const points = fitPath(input, { count: 15, ratio: 0.1 });
    const iterations = points.reduce((sum, { fit }) => sum + fit.iterations, 0);
    const cold = points.reduce((sum, { tau }) => sum + fitGgm({ ...input, tau }).iterations, 0);
    expect(points).toHaveLength(15);
    expect(points[0]?.edges).toBe(0);
    expect(points[0]?.fit.iterations).toBe(0);
    expect(points.at(-1)?.edges).toBeGreaterThan(20);
    expect((points.at(-1)?.tau ?? 0) / (points[0]?.tau ?? 0)).toBeCloseTo(0.1, 12);
    expect(iterations).toBeLessThan(0.9 * cold);
  });

  it('is never worse than cold starts where the penalty is infinitely steep at zero', () => {
    let better = 0;
    for (const penalty of [l0Penalty(), lpPenalty(0.5)]) {
      const input = {
        covariance: randomCorrelation(14, 5),
        penalty,
        structure: 'columns',
        importantNodes: [2, 7],
      } as const;
      const points = fitPath(input, { count: 8 });
      let start = points[0]?.fit;
      for (const { tau, fit } of points.slice(1)) {
        const cold = fitGgm({ ...input, tau });
        if (start === undefined) throw new Error('a path has a first fit');
        const warm = fitGgm({ ...input, tau }, { start });
        expect(fit.objective).toBeLessThanOrEqual(Math.min(cold.objective, warm.objective) + 1e-9);
        if (cold.objective < warm.objective - 1e-6) better++;
        start = fit;
      }
    }
    expect(better).toBeGreaterThan(0); // else the second start was never needed here
  });

  it('leaves the null model with penalties of infinite slope too', () => {
    for (const extra of [{}, { coupling: 1 }]) {
      const points = fitPath(
        { penalty: lpPenalty(0.5), structure: 'entries', covariance, ...extra },
        { count: 6 },
      );
      expect(points[0]?.edges).toBe(0);
      expect(points[1]?.edges).toBeGreaterThan(0);
      expect(points[5]?.edges).toBeGreaterThan(8);
    }
  });

  it('sorts given taus and drops repeated ones', () => {
    const points = fitPath({ ...lasso, covariance }, { taus: [0.1, 0.4, 0.1, 0.2] });
    expect(points.map(({ tau }) => tau)).toEqual([0.4, 0.2, 0.1]);
  });

  it('is one point where nothing pulls', () => {
    const points = fitPath({ ...lasso, covariance: Matrix.diagonal([1, 2]) });
    expect(points.map(({ tau, edges }) => [tau, edges])).toEqual([[0, 0]]);
  });

  it('reports its progress and stops on demand', () => {
    const seen: string[] = [];
    const signal = { aborted: false };
    const points = fitPath(
      { ...lasso, covariance },
      {
        count: 6,
        signal,
        onFit: ({ edges }, { done, total }) => {
          seen.push(`${done}/${total}`);
          signal.aborted = edges > 0;
        },
      },
    );
    expect(points).toHaveLength(2);
    expect(seen).toEqual(['1/6', '2/6']);
    expect(points[1]?.fit.status).toBe('converged');
  });

  it('gives an aborted fit back', () => {
    const signal = { aborted: false };
    const onIteration = ({ iteration }: { iteration: number }): void => {
      if (iteration === 1) signal.aborted = true;
    };
    const points = fitPath({ ...lasso, covariance }, { taus, signal, onIteration, tolerance: 1e-10 });
    expect(points.at(-1)?.fit.status).toBe('aborted');
    expect(points.length).toBeLessThan(taus.length);
  });

  it('refuses a bad grid', () => {
    const input = { ...lasso, covariance };
    expect(() => fitPath(input, { taus: [] })).toThrow('fitPath: taus must hold at least one value');
    expect(() => fitPath(input, { taus: [0.1, -1] })).toThrow('taus must be finite and not negative; got -1');
    expect(() => fitPath(input, { count: 0 })).toThrow('count must be a positive integer; got 0');
    expect(() => fitPath(input, { ratio: 1 })).toThrow('ratio must lie between 0 and 1; got 1');
    expect(() => fitPath(input, { taus: [0.1], count: 3 })).toThrow(
      'taus is a grid already; got count with it',
    );
    const misspelt: object = { onfit: 1 };
    expect(() => fitPath(input, misspelt)).toThrow('fitPath: unknown option "onfit"; did you mean "onFit"?');
  });
});

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

describe('selectTau refuses', () => {
  it('what does not go together', () => {
    const both = { ...lasso, covariance };
    expect(() => selectTau(both, samples)).toThrow(/covariance goes with a number of samples.*got both/);
    const untyped: object = { criterion: 'cv' };
    expect(() => selectTau(both, 40, untyped)).toThrow(
      'criterion "cv" fits parts of the samples and needs them [n, p]; got their number, 40',
    );
  });

  it('options of another criterion, and unknown ones', () => {
    const folds: object = { folds: 3 };
    expect(() => selectTau(lasso, samples, folds)).toThrow('selectTau: unknown option "folds"');
    const gamma: SelectTauOptions = { criterion: 'cv', ...{ gamma: 0.2 } };
    expect(() => selectTau(lasso, samples, gamma)).toThrow('selectTau: unknown option "gamma"');
    const criterion: object = { criterion: 'bics' };
    expect(() => selectTau(lasso, samples, criterion)).toThrow(
      'criterion must be one of ebic, bic, aic, cv, stars; got "bics"',
    );
  });

  it('values out of range', () => {
    expect(() => selectTau({ ...lasso, covariance }, 0)).toThrow(
      'number of samples must be positive and finite; got 0',
    );
    expect(() => selectTau(lasso, samples, { gamma: -1 })).toThrow(
      'selectTau: gamma must lie in [0, 1]; got -1',
    );
    expect(() => selectTau(lasso, samples, { criterion: 'cv', folds: 21 })).toThrow(
      'folds must be an integer in 2..20; got 21',
    );
    expect(() => selectTau(lasso, samples, { criterion: 'stars', instability: 0.5 })).toThrow(
      'instability must lie between 0 and 0.5; got 0.5',
    );
    expect(() => selectTau(lasso, samples, { criterion: 'stars', subsamples: 1 })).toThrow(
      'subsamples must be an integer in 2..1000',
    );
    expect(() => selectTau(lasso, samples, { criterion: 'stars', subsampleSize: 40 })).toThrow(
      'subsampleSize must be an integer in 2..39; got 40',
    );
  });
});
