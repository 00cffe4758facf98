/** Problems that fall into blocks of nodes, each solved by itself. */
import { describe, expect, it } from '@jest/globals';
import { Matrix, mcpPenalty } from '@ggm-peft/linalg';
import { fitGgm, ggmProblem, stationarity, type GgmProblemInput } from '../src/index.js';
import { gaussianNumbers, largestDifference } from './random-problem.js';
import { expectDescent, convex } from './solver-problems.js';

describe('independent blocks', () => {
  /** Blocks {0, 3, 6}, {1, 4}, {2}, {5, 7, 8} with weak entries of S between them. */
  const blocks = [[0, 3, 6], [1, 4], [2], [5, 7, 8]];
  const s = Matrix.identity(9);
  const inBlock = (i: number, j: number): boolean => blocks.some((b) => b.includes(i) && b.includes(j));
  const next = gaussianNumbers(2);
  for (let i = 0; i < 9; i++) {
    for (let j = 0; j < i; j++) {
      const value = inBlock(i, j) ? 0.3 + 0.1 * Math.tanh(next()) : 0.05 * Math.tanh(next());
      s.set(i, j, value);
      s.set(j, i, value);
    }
  }

  it.each(['newton', 'admm'] as const)('entries: blocks = whole (%s)', (solver) => {
    const input: GgmProblemInput = { covariance: s, tau: 0.06, penalty: convex, structure: 'entries' };
    const options = { solver, tolerance: 1e-9, maxIterations: 5000 };
    const whole = fitGgm(input, { ...options, decompose: false });
    const parts = fitGgm(input, options);
    expect(parts.message).toMatch(/4 independent blocks, the largest of 3 nodes/);
    expect(largestDifference(parts.omega, whole.omega)).toBeLessThan(1e-7);
    expect(parts.objective).toBeCloseTo(whole.objective, 8);
    expect(stationarity(ggmProblem(input), parts.omega, parts.delta)).toBeLessThan(2e-9);
    expect(parts.stationarity).toBeLessThanOrEqual(1e-9);
    for (let i = 0; i < 9; i++) {
      for (let j = 0; j < 9; j++) if (!inBlock(i, j)) expect(parts.omega.get(i, j)).toBe(0);
    }
    const warm = fitGgm(input, { ...options, start: parts, tolerance: 1.1e-9 });
    expect(warm.iterations).toBe(0);
  });

  it('whole columns: isolated nodes and blocks of exact zeros are split off', () => {
    const covariance = s.clone();
    for (let i = 0; i < 9; i++) {
      for (let j = 0; j < 9; j++) if (!inBlock(i, j) && i !== 2 && j !== 2) covariance.set(i, j, 0);
    }
    const input: GgmProblemInput = { covariance, tau: 0.3, penalty: convex };
    const options = { tolerance: 1e-9, maxIterations: 20_000 };
    const whole = fitGgm(input, { ...options, decompose: false });
    const parts = fitGgm(input, options);
    expect(parts.message).toMatch(/4 independent blocks/);
    expect(largestDifference(parts.omega, whole.omega)).toBeLessThan(1e-7);
  });

  it('does not split what is not independent', () => {
    for (const input of [
      { covariance: s, tau: 0.06, penalty: mcpPenalty(), structure: 'entries' },
      { covariance: s, tau: 0.06, penalty: convex, structure: 'entries', coupling: 10 },
      { covariance: s, tau: 0.06, penalty: convex, importantNodes: [0] },
    ] as const) {
      expect(fitGgm(input, { maxIterations: 5 }).message).not.toMatch(/independent blocks/);
    }
  });

  it('counts iterations and history through all blocks, and stops in any of them', () => {
    const controller = new AbortController();
    const input: GgmProblemInput = { covariance: s, tau: 0.06, penalty: convex, structure: 'entries' };
    const seen: number[] = [];
    const fit = fitGgm(input, {
      signal: controller.signal,
      onIteration: ({ iteration }) => {
        seen.push(iteration);
        if (iteration === 3) controller.abort();
      },
      tolerance: 1e-9,
    });
    expect(fit.status).toBe('aborted');
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(fit.history.map(({ iteration }) => iteration)).toEqual(seen);
    expectDescent(fit);
  });
});
