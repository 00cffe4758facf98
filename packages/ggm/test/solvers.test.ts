/** What every solver must do, on every kind of problem that it serves. */
import { describe, expect, it } from '@jest/globals';
import {
  cappedL1Penalty,
  cholesky,
  gemanPenalty,
  l0Penalty,
  l1Penalty,
  logSumPenalty,
  lpPenalty,
  Matrix,
  mcpPenalty,
  scadPenalty,
  type Penalty,
} from '@ggm-peft/linalg';
import {
  fitGgm,
  ggmProblem,
  objective,
  stationarity,
  type FitOptions,
  type GgmFit,
  type GgmProblemInput,
  type SolverName,
} from '../src/index.js';
import { gaussianNumbers, largestDifference, permuted, randomCorrelation } from './random-problem.js';

interface Kind {
  readonly solver: SolverName;
  readonly structure: 'columns' | 'entries';
  readonly important: boolean;
  readonly coupling: number;
}

const kind = (
  solver: SolverName,
  structure: 'columns' | 'entries',
  important: boolean,
  coupling: number,
): Kind => ({
  solver,
  structure,
  important,
  coupling,
});

const kinds: readonly Kind[] = [
  kind('bcd', 'columns', true, 0.3),
  kind('bcd', 'columns', false, 0.3),
  kind('bcd', 'entries', false, 0.3),
  kind('accelerated', 'columns', true, 2),
  kind('accelerated', 'columns', false, 2),
  kind('accelerated', 'entries', false, 2),
  kind('schur', 'columns', true, 0.3),
  kind('schur', 'columns', true, 1000),
  kind('schur', 'columns', true, Infinity),
  kind('newton', 'entries', false, 0.3),
  kind('newton', 'entries', false, 1000),
  kind('newton', 'entries', false, Infinity),
  kind('admm', 'columns', true, Infinity),
  kind('admm', 'columns', false, Infinity),
  kind('admm', 'entries', false, Infinity),
];

const name = ({ solver, structure, important, coupling }: Kind): string =>
  `${solver}, ${structure}${important ? ' with important nodes' : ''}, λ = ${coupling}`;

const nodes = 12;

function problemOf(
  { structure, important, coupling }: Kind,
  penalty: Penalty,
  tau = 0.15,
  seed = 3,
  size = nodes,
): GgmProblemInput {
  return {
    covariance: randomCorrelation(size, seed),
    tau,
    penalty,
    coupling,
    structure,
    ...(important ? { importantNodes: [1, 4, 9].filter((node) => node < size) } : {}),
  };
}

const stopping = (solver: SolverName, tolerance = 1e-8): FitOptions => ({
  solver,
  tolerance,
  maxIterations: 20_000,
  decompose: false,
});

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

function expectDescent({ history }: GgmFit): void {
  history.forEach(({ objective: now }, k) => {
    const before = history[k - 1]?.objective ?? Infinity;
    expect(now).toBeLessThanOrEqual(before + 1e-12 * (1 + Math.abs(now)));
  });
}

const convex = l1Penalty();
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

describe('solvers of the same problem', () => {
  it.each([
    { structure: 'columns', important: true, coupling: 2, solvers: ['bcd', 'accelerated', 'schur'] },
    { structure: 'entries', important: false, coupling: 2, solvers: ['bcd', 'accelerated', 'newton'] },
    { structure: 'columns', important: true, coupling: Infinity, solvers: ['schur', 'admm'] },
    { structure: 'entries', important: false, coupling: Infinity, solvers: ['newton', 'admm'] },
  ] as const)('agree: $structure, λ = $coupling', ({ structure, important, coupling, solvers }) => {
    const input = problemOf(kind('bcd', structure, important, coupling), convex);
    const [first, ...others] = solvers.map((solver) => fitGgm(input, stopping(solver, 1e-10)));
    for (const other of others) {
      expect(largestDifference(other.omega, first?.omega ?? other.delta)).toBeLessThan(1e-7);
    }
  });

  it.each([
    { penalty: convex, tau: 0.3, title: 'l1' },
    { penalty: lpPenalty(0.9), tau: 0.05, title: 'lp(0.9)' },
    { penalty: mcpPenalty(), tau: 0.3, title: 'mcp' },
  ])(
    'λ = 1000: a tenth of plain descent’s iterations at most, the same residual, F no higher: $title',
    ({ penalty, tau }) => {
      for (const structure of ['columns', 'entries'] as const) {
        for (const important of structure === 'columns' ? [true, false] : [false]) {
          const input = problemOf(kind('bcd', structure, important, 1000), penalty, tau, 11, 8);
          const options = { tolerance: 1e-3, maxIterations: 15_000, decompose: false };
          const plain = fitGgm(input, { solver: 'bcd', ...options });
          expect(plain.iterations).toBeGreaterThan(300);
          // The one that fitGgm chooses; where that is another one, also the one that serves every structure.
          const solvers: SolverName[] = [
            important ? 'schur' : structure === 'entries' ? 'newton' : 'accelerated',
          ];
          if (structure === 'columns' || penalty.convex) solvers.push('accelerated');
          for (const solver of solvers) {
            const fast = fitGgm(input, { solver, ...options });
            expect(fast.status).toBe('converged');
            expect(fast.iterations).toBeLessThanOrEqual(plain.iterations / 10);
            expect(fast.objective).toBeLessThanOrEqual(plain.objective + 1e-6);
          }
        }
      }
    },
  );

  it('λ = ∞ is the limit of large λ', () => {
    const hard = fitGgm(
      problemOf(kind('schur', 'columns', true, Infinity), convex, 0.6),
      stopping('schur', 1e-10),
    );
    const distances = [1e2, 1e4, 1e6].map((coupling) => {
      const fit = fitGgm(
        problemOf(kind('schur', 'columns', true, coupling), convex, 0.6),
        stopping('schur', 1e-10),
      );
      return largestDifference(fit.omega, hard.omega);
    });
    expect(distances[0]).toBeGreaterThan(1e-6);
    expect(distances[1]).toBeLessThan((distances[0] ?? 0) / 20);
    expect(distances[2]).toBeLessThan(1e-6);
  });

  it('a fit with λ = ∞ is not satisfied with zeros that only the first-order condition allows', () => {
    for (const [structure, important] of [
      ['columns', true],
      ['entries', false],
    ] as const) {
      const fit = fitGgm(problemOf(kind('schur', structure, important, Infinity), lpPenalty(0.5), 0.02), {
        tolerance: 1e-7,
      });
      expect(fit.iterations).toBeGreaterThan(0);
      const block = [1, 4, 9].map((i) => fit.omega.get(i, 2));
      expect(block.some((value) => value !== 0)).toBe(true);
    }
  });

  it.each([l0Penalty(), lpPenalty(0.5)])(
    'an edge that pays only once the diagonal follows is found: $name',
    (penalty) => {
      // One pair: −log(1 − r²) is gained, 2τ g(|ω₁₂|) is paid. At r = 0.6 ℓ0 pays up to τ = 0.223;
      // from 0.18 on the curvature at zero no longer shows it, and zero is stationary.
      const covariance = Matrix.from([
        [1, 0.6],
        [0.6, 1],
      ]);
      const input = { covariance, penalty, structure: 'entries' } as const;
      const value = (tau: number, v: number): number => {
        const u = (1 + Math.sqrt(1 + 4 * v * v)) / 2;
        return -Math.log(u) + 2 * u + 1.2 * v + (v === 0 ? 0 : 2 * tau * penalty.value(Math.abs(v)));
      };
      for (const tau of [0.05, 0.12, 0.17]) {
        let least = value(tau, 0);
        for (let v = -2; v < 0; v += 1e-4) least = Math.min(least, value(tau, v));
        const fit = fitGgm({ ...input, tau }, { tolerance: 1e-8 });
        expect(fit.objective).toBeCloseTo(least, 6);
      }
    },
  );

  it('says which solver serves a problem when the asked one does not', () => {
    const columns = problemOf(kind('bcd', 'columns', false, Infinity), convex);
    expect(() => fitGgm(columns, { solver: 'bcd' })).toThrow(
      'fitGgm: solver "bcd" needs a finite coupling; use "admm"',
    );
    expect(() => fitGgm(columns, { solver: 'schur' })).toThrow(/important nodes/);
    expect(() => fitGgm(columns, { solver: 'newton' })).toThrow(/needs structure "entries"/);
    expect(() => fitGgm({ ...columns, coupling: 1 }, { solver: 'admm' })).toThrow(
      'needs coupling Infinity, got 1; use "accelerated"',
    );
  });
});

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

describe('the graphical lasso', () => {
  /** Covariances (ddof 0) of Fisher's iris data, computed from its published 150 rows. */
  const iris = Matrix.from([
    [0.681122222222222, -0.042151111111111, 1.26582, 0.512828888888889],
    [-0.042151111111111, 0.188712888888889, -0.327458666666667, -0.120828444444444],
    [1.26582, -0.327458666666667, 3.095502666666667, 1.2869720000000002],
    [0.512828888888889, -0.120828444444444, 1.2869720000000002, 0.577132888888889],
  ]);

  it.each(['newton', 'admm'] as const)(
    'equals R glasso’s answers that scikit-learn’s tests hold (%s)',
    (solver) => {
      // sklearn/covariance/tests/test_graphical_lasso.py: test_graphical_lasso_iris and …_iris_singular.
      const options = { solver, tolerance: 1e-10, maxIterations: 5000 };
      const all = fitGgm({ covariance: iris, tau: 1, penalty: convex, structure: 'entries' }, options);
      const expected = Matrix.from([
        [1.5190747, 0, -0.1304475, 0],
        [0, 5.299055, 0, 0],
        [-0.1304475, 0, 0.3498624, -0.1683946],
        [0, 0, -0.1683946, 1.8164353],
      ]);
      expect(largestDifference(all.omega, expected)).toBeLessThan(1e-6);
      expect(all.objective).toBeCloseTo(2.447444, 6);
      expect(all.omega.get(0, 1)).toBe(0);

      const two = Matrix.from([
        [iris.get(2, 2), iris.get(2, 3)],
        [iris.get(3, 2), iris.get(3, 3)],
      ]);
      const pair = fitGgm({ covariance: two, tau: 0.1, penalty: convex, structure: 'entries' }, options);
      const theta = Matrix.from([
        [1.52836773, -3.14334831],
        [-3.14334831, 8.19753385],
      ]);
      expect(largestDifference(pair.omega, theta)).toBeLessThan(1e-6);
      expect(pair.objective).toBeCloseTo(1.026117, 6);
    },
  );

  it('is known in closed form where the thresholded covariance is a tree', () => {
    // s_ij above the threshold on a star and a chain only; everything else is below it.
    const tree: readonly (readonly [number, number, number])[] = [
      [0, 1, 0.6],
      [0, 2, -0.5],
      [0, 3, 0.4],
      [3, 4, 0.55],
      [4, 5, -0.45],
    ];
    const covariance = Matrix.diagonal([1, 2, 1, 1.5, 1, 1]);
    for (const [i, j, value] of tree) {
      covariance.set(i, j, value);
      covariance.set(j, i, value);
    }
    covariance.set(1, 5, 0.05);
    covariance.set(5, 1, 0.05);
    const fit = fitGgm(
      { covariance, tau: 0.3, penalty: convex, structure: 'entries' },
      { tolerance: 1e-12, decompose: false },
    );
    expect(fit.iterations).toBe(0);
    expect(fit.status).toBe('converged');
    for (const [i, j] of tree) expect(fit.omega.get(i, j)).not.toBe(0);
  });

  it('penalises the diagonal on demand, which makes up for a variable of no variance', () => {
    const covariance = Matrix.diagonal([2, 0, 1]);
    const input = { covariance, tau: 0.5, penalty: convex, structure: 'entries' } as const;
    expect(() => fitGgm(input)).toThrow(/covariance diagonal must be positive definite.*at node 1/);
    const fit = fitGgm({ ...input, penaliseDiagonal: true }, { tolerance: 1e-10 });
    expect(fit.omega.get(0, 0)).toBeCloseTo(1 / 2.5, 9);
    expect(fit.omega.get(1, 1)).toBeCloseTo(1 / 0.5, 9);
    expect(fit.omega.get(2, 2)).toBeCloseTo(1 / 1.5, 9);
  });

  it('estimates from fewer samples than variables', () => {
    const next = gaussianNumbers(4);
    const n = 8;
    const p = 15;
    const x = Array.from({ length: n }, () => Float64Array.from({ length: p }, () => next()));
    const covariance = Matrix.zeros(p, p);
    for (let i = 0; i < p; i++) {
      for (let j = 0; j < p; j++)
        covariance.set(i, j, x.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0) / n);
    }
    const fit = fitGgm({ covariance, tau: 0.3, penalty: convex, structure: 'entries' });
    expect(fit.status).toBe('converged');
    expect(cholesky(fit.omega).status).toBe('ok');
    // A penalty that levels off, or grows like the logarithm, leaves no minimum here.
    for (const penalty of [cappedL1Penalty(1), gemanPenalty(1), logSumPenalty(1), mcpPenalty()]) {
      expect(() => fitGgm({ covariance, tau: 0.3, penalty, structure: 'entries' })).toThrow(
        /does not outgrow log t/,
      );
    }
  });
});

describe('a problem, bad input', () => {
  const covariance = randomCorrelation(4, 1);
  const good = { covariance, tau: 0.1, penalty: convex };

  it('names the weight, the structure and the option', () => {
    expect(() => ggmProblem({ ...good, weights: new Float64Array(3) })).toThrow(
      'ggmProblem: weights must be a Float64Array of 4, one a column; got a Float64Array of 3',
    );
    expect(() => ggmProblem({ ...good, weights: Float64Array.of(1, -1, 1, 1) })).toThrow('entry [1] = -1');
    const matrix = Matrix.identity(4);
    matrix.set(2, 1, 3);
    expect(() => ggmProblem({ ...good, structure: 'entries', weights: matrix })).toThrow(
      'ggmProblem: weights must be symmetric; entry [1, 2] = 0 but [2, 1] = 3',
    );
    expect(() => ggmProblem({ ...good, weights: matrix })).toThrow(/got a 4 x 4 Matrix/);
    expect(() => ggmProblem({ ...good, structure: 'entries', importantNodes: [1] })).toThrow(
      /importantNodes need structure "columns"/,
    );
    expect(() => ggmProblem({ ...good, penaliseDiagonal: true })).toThrow(/needs structure "entries"/);
    const misspelt: object = { ...good, lamda: 3 };
    expect(() => ggmProblem({ ...good, ...misspelt })).toThrow(/unknown option "lamda"/);
  });
});
