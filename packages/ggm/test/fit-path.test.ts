/** Paths over τ: goldens of scikit-learn, invariances, and what is refused. */
import { describe, expect, it } from '@jest/globals';
import { l0Penalty, l1Penalty, lpPenalty, Matrix } from '@ggm-peft/linalg';
import { fitGgm } from '../src/fit-ggm.js';
import { fitPath } from '../src/tuning/path.js';
import { expected, covariance, taus, lasso } from './lasso-path.js';
import { largestDifference, randomCorrelation } from './random-problem.js';

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
