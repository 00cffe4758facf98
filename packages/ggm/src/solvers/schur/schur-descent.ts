/**
 * Block descent on the reduced problem (reduced-problem.ts) of the column model with important nodes, for finite λ and
 * for λ = ∞: a sweep over the columns of B, then the best A, both exact. An iteration costs O(m q²) instead of the
 * O((m + q)³) of an eigendecomposition, and the number of iterations does not depend on λ, because Ω and Δ are not
 * moved in turn: Δ is eliminated. Between sweeps the columns that are not zero are polished (polish.ts), and Anderson's
 * extrapolation is tried (descent-step.ts). F never rises.
 *
 * Residual: at the best C and A, S − Ω⁻¹ vanishes on II and JJ, and (Ω⁻¹)_IJ = −A⁻¹ B S_JJ, so no p × p inverse is needed.
 */
import { objective } from '../../problem/objective.js';
import type { ColumnProblem, GgmProblem } from '../../problem/problem.js';
import { stationarity } from '../../problem/stationarity.js';
import { submatrix } from '../../problem/submatrix.js';
import { emptyHistory } from '../anderson.js';
import type { Solver, StartingPoint } from '../solver.js';
import { completed } from './blocks.js';
import { accelerated, swept, type Point } from './descent-step.js';
import { polished } from './polish.js';
import { assemble, reduce, type ReducedProblem } from './reduced-problem.js';

interface SchurState extends Point {
  readonly reduced: ReducedProblem;
  /** The start while it is the answer; then the blocks are. */
  readonly start: StartingPoint | null;
}

/** For columns with important nodes only; see chooseSolver. */
export const schurDescent: Solver<SchurState> = {
  name: 'block descent on the Schur complement',
  advice: 'Raise maxIterations, raise tau, shrink the covariance more, or accept a larger tolerance',
  init: (given, start) => {
    const problem = columnsOf(given);
    const reduced = reduce(problem);
    return {
      reduced,
      start,
      blocks: completed(reduced, submatrix(start.omega, reduced.important, reduced.others)),
      history: emptyHistory,
      objective: objective(problem, start.omega, start.delta),
      stationarity: stationarity(problem, start.omega, start.delta),
    };
  },
  step: (given, state) => {
    const problem = columnsOf(given);
    const { reduced, blocks } = state;
    const plain = swept(reduced, blocks);
    const image = polished(problem, reduced, plain) ?? plain;
    return { reduced, start: null, ...accelerated(problem, reduced, state, image) };
  },
  answer: (given, { reduced, start, blocks }) => {
    if (start !== null) return start;
    const { coupling, term } = columnsOf(given);
    const omega = assemble(reduced, blocks.a, blocks.b);
    return { omega, delta: coupling === Infinity ? omega : term.prox(omega, 1 / (2 * coupling)) };
  },
};

function columnsOf(problem: GgmProblem): ColumnProblem {
  if (problem.structure !== 'columns' || problem.importantNodes.length === 0) {
    throw new RangeError('schurDescent: the problem must have structure "columns" and important nodes');
  }
  return problem;
}
