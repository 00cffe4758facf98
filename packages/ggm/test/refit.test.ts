import { describe, expect, it } from '@jest/globals';
import { cholesky, choleskyInverse, l1Penalty, Matrix } from '@ggm-peft/linalg';
import { correlation, ebic, fitGgm, logLikelihood, refit } from '../src/index.js';
import { golden } from './golden.js';
import { randomCorrelation } from './random-problem.js';

describe('refit', () => {
  const covariance = randomCorrelation(10, 6);
  const fit = fitGgm({ covariance, tau: 0.15, penalty: l1Penalty(), structure: 'entries' });
  const data = { covariance, sampleCount: 100 };

  it('keeps the graph, and its inverse equals S on edges and diagonal (the likelihood equations)', () => {
    const again = refit(fit, covariance, { tolerance: 1e-9 });
    expect(again.status).toBe('converged');
    const factor = cholesky(again.omega);
    if (factor.status !== 'ok') throw new Error('not positive definite');
    const inverse = choleskyInverse(factor.lower);
    let edges = 0;
    for (let i = 0; i < 10; i++) {
      for (let j = 0; j < 10; j++) {
        const joined = i === j || fit.delta.get(i, j) !== 0;
        expect(again.omega.get(i, j) !== 0).toBe(joined);
        if (joined) expect(inverse.get(i, j)).toBeCloseTo(covariance.get(i, j), 7);
        if (joined && i < j) edges++;
      }
    }
    expect(edges).toBeGreaterThan(5);
    expect(edges).toBeLessThan(40);
  });

  it('is more likely than the penalised fit with the same graph', () => {
    const again = refit(fit, covariance);
    expect(logLikelihood(again.omega, data)).toBeGreaterThan(logLikelihood(fit.omega, data) + 1);
    expect(ebic(again, data)).toBeLessThan(ebic(fit, data));
  });

  it('counts an edge only where both copies are there, and gives S⁻¹ for the full graph', () => {
    const delta = new Matrix(10, 10, new Float64Array(100).fill(1));
    const full = refit({ delta }, covariance, { tolerance: 1e-10 });
    const factor = cholesky(covariance);
    if (factor.status !== 'ok') throw new Error('not positive definite');
    const inverse = choleskyInverse(factor.lower);
    inverse.data.forEach((value, k) => {
      expect(full.omega.data[k]).toBeCloseTo(value, 6);
    });
    delta.set(2, 5, 0);
    expect(refit({ delta }, covariance).omega.get(5, 2)).toBe(0);
  });

  it('reaches the maximum where the usual start, cut to the graph, is not positive definite', () => {
    const s = correlation(golden('graphical-lasso-path.json').matrix('samples')).covariance;
    const withoutEdges = (matrix: Matrix): Matrix => {
      const cut = matrix.clone();
      for (const [i, j] of [
        [0, 4],
        [2, 4],
      ] as const) {
        cut.set(i, j, 0);
        cut.set(j, i, 0);
      }
      return cut;
    };
    const factor = cholesky(withoutEdges(s));
    const start = factor.status === 'ok' ? withoutEdges(choleskyInverse(factor.lower)) : null;
    expect(start === null ? 'indefinite' : cholesky(start).status).not.toBe('ok');
    const delta = withoutEdges(new Matrix(6, 6, new Float64Array(36).fill(1)));
    const again = refit({ delta }, s);
    expect(again.status).toBe('converged');
    expect([again.omega.get(0, 4), again.omega.get(4, 2)]).toEqual([0, 0]);
  });

  it('says where a graph asks too much of S', () => {
    const singular = new Matrix(3, 3, new Float64Array(9).fill(1));
    const delta = new Matrix(3, 3, new Float64Array(9).fill(1));
    expect(() => refit({ delta }, singular)).toThrow(/must be positive definite/);
  });
});
