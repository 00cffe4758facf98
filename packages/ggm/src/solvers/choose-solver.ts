/** Which solver serves which problem; the errors say what a solver lacks. */
import type { ColumnProblem, GgmProblem } from '../problem/problem.js';
import { acceleratedBcd } from './accelerated-bcd.js';
import { admm } from './admm.js';
import { exactBcd } from './exact-bcd.js';
import { proximalNewton } from './newton/proximal-newton.js';
import { schurDescent } from './schur/schur-descent.js';
import { prepare, type PreparedSolve } from './solve.js';
import type { StartingPoint } from './solver.js';

/**
 * The solvers by name:
 *
 * - `bcd`: exact block coordinate descent; any structure, finite λ. Iterations grow in proportion to λ.
 * - `accelerated`: the same with Anderson's extrapolation.
 * - `schur`: columns with important nodes, any λ; needs no decomposition of p × p matrices.
 * - `newton`: entries, any λ.
 * - `admm`: any structure, λ = ∞.
 */
export type SolverName = 'bcd' | 'accelerated' | 'schur' | 'newton' | 'admm';

export const solverNames: readonly SolverName[] = ['bcd', 'accelerated', 'schur', 'newton', 'admm'];

/**
 * λ s² up to which exact block descent needs so few iterations (some ten, accelerated) that `schur` is no faster for
 * columns with important nodes; s is the mean variance. Measured at p = 144 and 434: at 0.05 and 0.5 it is two to five
 * times as fast, at 5 slower.
 */
const LOOSE_COUPLING = 1;

/** The fastest solver that serves a problem. */
export function chooseSolver(problem: GgmProblem): SolverName {
  if (problem.structure === 'entries') return 'newton';
  const { covariance, coupling } = problem;
  const p = covariance.rows;
  let variances = 0;
  for (let i = 0; i < p; i++) variances += covariance.data[i * p + i] ?? 0;
  if (coupling * (variances / p) ** 2 <= LOOSE_COUPLING) return 'accelerated';
  if (isDivided(problem)) return 'schur';
  return coupling === Infinity ? 'admm' : 'accelerated';
}

/** Whether there are important nodes and others. */
function isDivided({ importantNodes, covariance }: ColumnProblem): boolean {
  return importantNodes.length > 0 && importantNodes.length < covariance.rows;
}

/** @throws RangeError when the solver does not serve the problem */
export function requireSolver(name: SolverName, problem: GgmProblem): void {
  const lacking = whatIsMissing(name, problem);
  if (lacking === null) return;
  throw new RangeError(
    `fitGgm: solver "${name}" ${lacking}; use "${chooseSolver(problem)}", or leave the choice to fitGgm`,
  );
}

function whatIsMissing(name: SolverName, problem: GgmProblem): string | null {
  switch (name) {
    case 'bcd':
    case 'accelerated':
      return problem.coupling < Infinity ? null : 'needs a finite coupling';
    case 'admm':
      return problem.coupling === Infinity ? null : `needs coupling Infinity, got ${problem.coupling}`;
    case 'newton':
      return problem.structure === 'entries' ? null : 'needs structure "entries"';
    case 'schur':
      return problem.structure === 'columns' && isDivided(problem)
        ? null
        : 'needs structure "columns" with important nodes and others';
  }
}

/** Puts a solver, by name, at a start. */
export function prepareWith(name: SolverName, problem: GgmProblem, start: StartingPoint): PreparedSolve {
  switch (name) {
    case 'bcd':
      return prepare(problem, exactBcd, start);
    case 'accelerated':
      return prepare(problem, acceleratedBcd, start);
    case 'schur':
      return prepare(problem, schurDescent, start);
    case 'newton':
      return prepare(problem, proximalNewton, start);
    case 'admm':
      return prepare(problem, admm, start);
  }
}
