import { describe, expect, it } from '@jest/globals';
import { Matrix } from '@ggm-peft/linalg';
import {
  allocateNodes,
  ggmProblem,
  importantNodes,
  lpPenalty,
  selectNodes,
  stationarity,
  type AllocationOptions,
} from '../src/index.js';
import { fitNullModel, tauAtQuantile } from '../src/selection/null-model.js';
import { randomCorrelation, randomScores } from './random-problem.js';

describe('importantNodes', () => {
  it('takes the largest means, ties by index', () => {
    const samples = Matrix.from([
      [1, 5, 3, 5, 0],
      [3, 5, 1, 5, 9],
    ]);
    expect(importantNodes(samples, 4)).toEqual([1, 3, 4, 0]);
    expect(importantNodes(samples, 0)).toEqual([]);
    expect(() => importantNodes(samples, 6)).toThrow(
      'importantNodes: count must be an integer in 0..5; got 6',
    );
  });
});

describe('selectNodes', () => {
  const omega = Matrix.from([
    [4, 1, -2, 0],
    [1, 1, 0, 3],
    [-2, 0, 9, 1],
    [0, 3, 1, 1],
  ]);
  const delta = Matrix.from([
    [4, 1, -2, 0],
    [1, 1, 0, 0],
    [0, 0, 9, 1],
    [0, 3, 1, 1],
  ]);

  it('ranks by Ω, by Δ’s rows I, or by partial correlations', () => {
    const common = { omega, delta, importantNodes: [0], targetNodes: 2 };
    expect(selectNodes(common).selected).toEqual([0, 2]);
    expect(Array.from(selectNodes(common).strengths)).toEqual([0, 1, 2, 0]);
    // |ρ01| = 1/√4 = 1/2 beats |ρ02| = 2/6.
    const partial = selectNodes({ ...common, rankBy: 'partial-correlation' });
    expect(partial.selected).toEqual([0, 1]);
    expect(partial.strengths[2]).toBeCloseTo(1 / 3, 15);
    const byDelta = selectNodes({ ...common, importantNodes: [1], targetNodes: 4, rankBy: 'delta' });
    expect(byDelta.selected).toEqual([1, 0, 2, 3]);
    expect(Array.from(byDelta.strengths)).toEqual([1, 0, 0, 0]);
  });

  it('lists the important nodes first, as given, and uses whole columns without any', () => {
    expect(selectNodes({ omega, delta, importantNodes: [3, 0], targetNodes: 3 }).selected).toEqual([3, 0, 1]);
    const { strengths, selected } = selectNodes({ omega, delta, importantNodes: [], targetNodes: 2 });
    expect(strengths[3]).toBeCloseTo(Math.hypot(0, 3, 1), 14);
    expect(selected).toEqual([1, 3]);
  });

  it('names what does not fit', () => {
    const common = { omega, delta, importantNodes: [0, 1], targetNodes: 2 };
    expect(() => selectNodes({ ...common, targetNodes: 5 })).toThrow(
      'selectNodes: targetNodes must be an integer in 1..4; got 5',
    );
    expect(() => selectNodes({ ...common, targetNodes: 1 })).toThrow(
      'must be at least the 2 important nodes; got 1',
    );
    expect(() => selectNodes({ ...common, importantNodes: [4] })).toThrow(
      'must hold integers in 0..3; got 4',
    );
    expect(() => selectNodes({ ...common, delta: Matrix.identity(3) })).toThrow(
      'delta must be 4 x 4; got 3 x 3',
    );
    const indefinite = omega.clone();
    indefinite.set(2, 2, -1);
    expect(() => selectNodes({ ...common, omega: indefinite, rankBy: 'partial-correlation' })).toThrow(
      /entry \[2, 2\] = -1/,
    );
  });
});

describe('the default τ', () => {
  const covariance = randomCorrelation(20, 3);
  const important = [2, 11, 5];
  const coupling = 0.1;

  it.each([lpPenalty(0.9), lpPenalty(0.5), lpPenalty(1)])(
    'puts the asked quantile of groups at the threshold: $name',
    (penalty) => {
      const nullModel = fitNullModel(covariance, important, coupling);
      expect(nullModel.status).toBe('converged');
      const problem = ggmProblem({ covariance, coupling, penalty, tau: 1, importantNodes: important });
      const lengths = problem.groups.map(({ column }) =>
        Math.hypot(...important.map((i) => nullModel.omega.get(i, column))),
      );
      for (const { column } of problem.groups) {
        expect(important.map((i) => Math.abs(nullModel.delta.get(i, column)))).toEqual([0, 0, 0]);
      }
      for (const [quantile, vanishing] of [
        [0, 1],
        [0.5, 9],
        [1, 17],
      ] as const) {
        // A hair above, for the length at the quantile itself lies on the threshold.
        const weight = (tauAtQuantile(problem, nullModel.omega, quantile) / (2 * coupling)) * (1 + 1e-8);
        expect(lengths.filter((length) => penalty.prox(length, weight) === 0).length).toBe(vanishing);
      }
    },
  );
});

describe('allocateNodes', () => {
  const scores = randomScores(60, 24, 5);

  it('selects K nodes by a fit that satisfies its conditions, with a penalty that matters', () => {
    const allocation = allocateNodes(scores, { targetNodes: 12, tolerance: 1e-6 });
    if (allocation.mode !== 'exact') throw new Error('exact is the default');
    const { selected, important, strengths, fit, covariance, coupling, tau, shrinkage } = allocation;
    expect(fit.status).toBe('converged');
    const problem = ggmProblem({
      covariance,
      coupling,
      tau,
      penalty: lpPenalty(),
      importantNodes: important,
    });
    expect(stationarity(problem, fit.omega, fit.delta)).toBeLessThan(1.01e-6);
    expect(important.length).toBe(6);
    expect(selected.slice(0, 6)).toEqual(important);
    expect(new Set(selected).size).toBe(12);
    expect(shrinkage).toBeGreaterThan(0);
    const rest = Array.from({ length: 24 }, (_, j) => j).filter((j) => !selected.includes(j));
    const weakestIn = Math.min(...selected.slice(6).map((j) => strengths[j] ?? Number.NaN));
    expect(Math.max(...rest.map((j) => strengths[j] ?? Number.NaN))).toBeLessThanOrEqual(weakestIn);
    const others = Array.from({ length: 24 }, (_, j) => j).filter((j) => !important.includes(j));
    const zeros = others.filter((j) => important.every((i) => fit.delta.get(i, j) === 0)).length;
    expect(zeros).toBeGreaterThanOrEqual(others.length / 4);
    expect(zeros).toBeLessThanOrEqual((3 * others.length) / 4);
  });

  it('selects a planted neighbourhood', () => {
    // Node 0 is the important one; 1 and 2 follow it, the others do not.
    const planted = randomScores(200, 10, 6);
    const noise = Array.from({ length: 10 }, (_, j) => randomScores(200, 10, 100 + j));
    for (let i = 0; i < 200; i++) {
      planted.set(i, 0, planted.get(i, 9) ** 0.2);
      for (let j = 3; j < 9; j++) planted.set(i, j, noise[j]?.get(i, j) ?? Number.NaN);
      planted.set(i, 9, 1e-9 * planted.get(i, 3));
      for (const j of [1, 2])
        planted.set(i, j, 1e-6 * planted.get(i, 0) ** 3 * Math.exp(Math.sin(i * (j + 1))));
    }
    const { selected, important } = allocateNodes(planted, { targetNodes: 3, importantNodes: 1 });
    expect(important).toEqual([0]);
    expect([...selected].sort()).toEqual([0, 1, 2]);
  });

  it('follows the nodes when they are reordered, and repeats itself exactly', () => {
    const order = Array.from({ length: 24 }, (_, j) => (j * 7 + 3) % 24);
    const moved = Matrix.from(Array.from({ length: 60 }, (_, i) => order.map((j) => scores.get(i, j))));
    const options: AllocationOptions = { targetNodes: 10, tolerance: 1e-8 };
    const plain = allocateNodes(scores, options);
    expect(allocateNodes(moved, options).selected.map((j) => order[j])).toEqual(plain.selected);
    expect(allocateNodes(scores, options).selected).toEqual(plain.selected);
  });

  it('takes τ, λ, g and the ranking from the caller', () => {
    const allocation = allocateNodes(scores, {
      targetNodes: 10,
      importantNodes: 3,
      tau: 50,
      coupling: 0.1,
      penalty: lpPenalty(1),
      rankBy: 'delta',
      shrinkage: 0.3,
    });
    expect([allocation.tau, allocation.coupling, allocation.shrinkage]).toEqual([50, 0.1, 0.3]);
    // Under so large a τ every group of Δ is zero: all strengths tie and indices decide.
    const others = Array.from({ length: 24 }, (_, j) => j).filter((j) => !allocation.important.includes(j));
    expect(allocation.selected.slice(3)).toEqual(others.slice(0, 7));
  });

  it('works without important nodes, with all of them, and with nodes that never vary', () => {
    expect(allocateNodes(scores, { targetNodes: 5, importantNodes: 0 }).selected.length).toBe(5);
    expect(allocateNodes(scores, { targetNodes: 24, importantNodes: 24 }).selected.length).toBe(24);
    const still = scores.clone();
    for (let i = 0; i < 60; i++) still.set(i, 4, 0);
    const { selected, strengths } = allocateNodes(still, { targetNodes: 12 });
    expect(selected).not.toContain(4);
    expect(strengths.every(Number.isFinite)).toBe(true);
  });

  it('reports progress and stops when aborted', () => {
    const controller = new AbortController();
    const allocation = allocateNodes(scores, {
      targetNodes: 10,
      tolerance: 1e-14,
      signal: controller.signal,
      onIteration: ({ iteration }) => {
        if (iteration === 1) controller.abort();
      },
    });
    if (allocation.mode !== 'exact') throw new Error('exact is the default');
    expect(allocation.fit.status).toBe('aborted');
    expect(allocation.fit.iterations).toBe(1);
    expect(allocation.selected.length).toBe(10);
  });

  it('names what does not fit', () => {
    expect(() => allocateNodes(scores, { targetNodes: 60 })).toThrow(
      'allocateNodes: targetNodes must be an integer in 1..24; got 60',
    );
    expect(() => allocateNodes(scores, { targetNodes: 5, importantNodes: 6 })).toThrow(
      'allocateNodes: importantNodes must be an integer in 0..targetNodes = 5; got 6',
    );
    expect(() => allocateNodes(randomScores(1, 4, 1), { targetNodes: 2 })).toThrow(/at least 2 rows/);
    const misspelt: object = { targetNode: 5 };
    expect(() => allocateNodes(scores, { targetNodes: 5, ...misspelt })).toThrow(
      'did you mean "targetNodes"?',
    );
  });
});
