/** What every solver must do, on every kind of problem that it serves. */
import { describe, expect, it } from '@jest/globals';
import { cholesky, lpPenalty, Matrix, mcpPenalty, scadPenalty, type Penalty } from '@ggm-peft/linalg';
import { fitGgm, ggmProblem, objective, stationarity, type GgmProblemInput } from '../src/index.js';
import { gaussianNumbers, largestDifference, permuted } from './random-problem.js';
import { kinds, name, nodes, problemOf, stopping, expectDescent, convex } from './solver-problems.js';

function permutedInput(input: GgmProblemInput, order: readonly number[]): GgmProblemInput {
  return {
    ...input,
    covariance: permuted(input.covariance, order),
    ...(input.importantNodes === undefined
      ? {}
      : { importantNodes: input.importantNodes.map((node) => order.indexOf(node)) }),
  };
}

function shuffled(count: number, seed: number): number[] {
  const next = gaussianNumbers(seed);
  const keys = Array.from({ length: count }, () => next());
  return Array.from(keys.keys()).sort((i, j) => (keys[i] ?? 0) - (keys[j] ?? 0));
}

const penalties: readonly Penalty[] = [convex, lpPenalty(0.9), lpPenalty(0.5), mcpPenalty(), scadPenalty()];

describe.each(kinds.map((each) => ({ each, title: name(each) })))('$title', ({ each }) => {
  // The alternating directions are promised to converge for a convex g only.
  const served = each.solver === 'admm' ? [convex] : penalties;

  it.each(served.map((penalty) => ({ penalty, title: penalty.name })))(
    'reaches its tolerance, with a residual and an objective that are the definitions’: $title',
    ({ penalty }) => {
      const input = problemOf(each, penalty);
      const fit = fitGgm(input, stopping(each.solver));
      expect(fit.message).toMatch(/^Converged/);
      expect(fit.status).toBe('converged');
      const problem = ggmProblem(input);
      expect(stationarity(problem, fit.omega, fit.delta, fit.multiplier)).toBeLessThan(2e-8);
      expect(objective(problem, fit.omega, fit.delta)).toBeCloseTo(fit.objective, 9);
      expect(cholesky(fit.omega).status).toBe('ok');
      if (each.coupling === Infinity) expect(largestDifference(fit.omega, fit.delta)).toBe(0);
      if (each.solver !== 'admm') expectDescent(fit);
      const before = fit.omega.data.some((value) => !Number.isFinite(value));
      expect(before).toBe(false);
    },
  );

  it('reports a residual that is the definition’s on the way as well', () => {
    const input = problemOf(each, lpPenalty(0.9));
    const problem = ggmProblem(input);
    for (const maxIterations of [1, 2, 5]) {
      const fit = fitGgm(input, { ...stopping(each.solver, 1e-15), maxIterations });
      const residual = stationarity(problem, fit.omega, fit.delta, fit.multiplier);
      expect(fit.stationarity / residual).toBeGreaterThan(1 - 1e-6);
      expect(fit.stationarity / residual).toBeLessThan(1 + 1e-6);
    }
  });

  it('finds the global minimum of a convex problem: no small move lowers F', () => {
    const input = problemOf(each, convex);
    const problem = ggmProblem(input);
    const fit = fitGgm(input, stopping(each.solver, 1e-10));
    const next = gaussianNumbers(5);
    for (let trial = 0; trial < 40; trial++) {
      const size = 10 ** -(1 + (trial % 5));
      const omega = fit.omega.clone();
      for (let i = 0; i < nodes; i++) {
        for (let j = 0; j <= i; j++) {
          if (trial % 2 === 0 && fit.delta.get(i, j) === 0) continue; // within the support, and out of it
          const move = size * next();
          omega.set(i, j, omega.get(i, j) + move);
          if (i !== j) omega.set(j, i, omega.get(j, i) + move);
        }
      }
      const delta = each.coupling === Infinity ? omega : problem.term.prox(omega, 1 / (2 * each.coupling));
      expect(objective(problem, omega, delta)).toBeGreaterThanOrEqual(fit.objective - 1e-11);
    }
  });

  it.each([convex, ...(each.solver === 'admm' ? [] : [lpPenalty(0.5)])])(
    'gives the renumbered answer for renumbered nodes: $name',
    (penalty) => {
      const input = problemOf(each, penalty);
      const fit = fitGgm(input, stopping(each.solver, 1e-9));
      const order = shuffled(nodes, 8);
      const moved = fitGgm(permutedInput(input, order), stopping(each.solver, 1e-9));
      expect(largestDifference(moved.omega, permuted(fit.omega, order))).toBeLessThan(1e-6);
      expect(largestDifference(moved.delta, permuted(fit.delta, order))).toBeLessThan(1e-6);
    },
  );

  it('ends at once when started from its answer, and soon when started near it', () => {
    const input = problemOf(each, convex);
    const fit = fitGgm(input, stopping(each.solver));
    expect(fit.iterations).toBeGreaterThan(1);
    const again = fitGgm(input, { ...stopping(each.solver, 1.1e-8), start: fit });
    expect(again.iterations).toBe(0);
    expect(again.status).toBe('converged');
    expect(largestDifference(again.delta, fit.delta)).toBe(0);
    const near = fitGgm({ ...input, tau: 0.1501 }, { ...stopping(each.solver), start: fit });
    expect(near.status).toBe('converged');
    expect(near.iterations).toBeLessThanOrEqual(1.2 * fit.iterations);
  });

  it('makes weights of ∞ exact zeros, of 0 free, and of 2 twice τ', () => {
    const columns = each.structure === 'columns';
    const weightsOf = (edit: (i: number, j: number) => number): Float64Array | Matrix => {
      if (columns) return Float64Array.from({ length: nodes }, (_, j) => edit(0, j));
      const matrix = Matrix.zeros(nodes, nodes);
      for (let i = 0; i < nodes; i++) {
        for (let j = 0; j < i; j++) {
          matrix.set(i, j, edit(i, j));
          matrix.set(j, i, edit(i, j));
        }
      }
      return matrix;
    };
    const input = problemOf(each, convex, 0.02);
    const forbidden = (i: number, j: number): boolean => (columns ? j === 5 || j === 7 : i === 7 && j === 5);
    const free = (i: number, j: number): boolean => (columns ? j === 2 : i === 6 && j === 3);
    const weighted = {
      ...input,
      weights: weightsOf((i, j) => (forbidden(i, j) ? Infinity : free(i, j) ? 0 : 2)),
    };
    const fit = fitGgm(weighted, stopping(each.solver));
    expect(fit.status).toBe('converged');
    for (let i = 0; i < nodes; i++) {
      for (let j = 0; j < nodes; j++) {
        if (i === j || !(forbidden(i, j) && (!each.important || [1, 4, 9].includes(i)))) continue;
        expect(fit.delta.get(i, j)).toBe(0);
      }
    }
    if (!columns && each.coupling < Infinity) {
      expect(fit.delta.get(6, 3)).toBeCloseTo(fit.omega.get(6, 3), 12);
    }
    const doubled = fitGgm({ ...input, weights: weightsOf(() => 2) }, stopping(each.solver));
    const plain = fitGgm({ ...input, tau: 0.04 }, stopping(each.solver));
    expect(largestDifference(doubled.omega, plain.omega)).toBeLessThan(1e-9);
    expect(largestDifference(fit.omega, plain.omega)).toBeGreaterThan(1e-3);
  });

  it('stops between steps when aborted, and goes on from where it stopped', () => {
    const input = problemOf(each, convex);
    const controller = new AbortController();
    const fit = fitGgm(input, {
      ...stopping(each.solver),
      signal: controller.signal,
      onIteration: ({ iteration }) => {
        if (iteration === 2) controller.abort();
      },
    });
    expect(fit.status).toBe('aborted');
    expect(fit.iterations).toBe(2);
    const whole = fitGgm(input, stopping(each.solver));
    const rest = fitGgm(input, { ...stopping(each.solver), start: fit });
    expect(rest.status).toBe('converged');
    expect(largestDifference(rest.omega, whole.omega)).toBeLessThan(1e-6);
  });
});
