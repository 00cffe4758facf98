/** The kinds of problem that solvers are tested on, and what every fit of them is held to. */
import { expect } from '@jest/globals';
import { l1Penalty, type Penalty } from '@ggm-peft/linalg';
import { type FitOptions, type GgmFit, type GgmProblemInput, type SolverName } from '../src/index.js';
import { randomCorrelation } from './random-problem.js';

/** A solver, and a kind of problem that it serves. */
export interface Kind {
  readonly solver: SolverName;
  readonly structure: 'columns' | 'entries';
  readonly important: boolean;
  readonly coupling: number;
}

export const kind = (
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

export const kinds: readonly Kind[] = [
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

/** The title of a kind's tests. */
export const name = ({ solver, structure, important, coupling }: Kind): string =>
  `${solver}, ${structure}${important ? ' with important nodes' : ''}, λ = ${coupling}`;

export const nodes = 12;

export function problemOf(
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

/** To a tolerance, the nodes all in one block. */
export const stopping = (solver: SolverName, tolerance = 1e-8): FitOptions => ({
  solver,
  tolerance,
  maxIterations: 20_000,
  decompose: false,
});

/** Expects that F never rises. */
export function expectDescent({ history }: GgmFit): void {
  history.forEach(({ objective: now }, k) => {
    const before = history[k - 1]?.objective ?? Infinity;
    expect(now).toBeLessThanOrEqual(before + 1e-12 * (1 + Math.abs(now)));
  });
}

/** The convex g that every solver serves. */
export const convex = l1Penalty();
