/** Fitting the model: problem, starting point and solver brought together behind one call. */
import { checkOptions, requireSymmetric, type Matrix } from '@ggm-peft/linalg';
import { ggmProblem } from './problem/ggm-problem.js';
import type { GgmProblemInput } from './problem/problem.js';
import { blocksOf, solveBlocks } from './solvers/blocks.js';
import {
  chooseSolver,
  requireSolver,
  solverNames,
  prepareWith,
  type SolverName,
} from './solvers/choose-solver.js';
import type { GgmFit, SolveOptions } from './solvers/solve.js';
import type { StartingPoint } from './solvers/solver.js';
import { startingPoint } from './solvers/starting-point.js';

/** Options of {@link fitGgm}. */
export interface FitOptions extends Partial<SolveOptions> {
  /** Default: the fastest that serves the problem; see {@link SolverName}. */
  readonly solver?: SolverName;
  /** Warm start: an earlier fit, or its Ω (symmetric) and Δ. Default: S's unpenalised blocks inverted (solvers/starting-point.ts). */
  readonly start?: StartingPoint;
  /** Whether problems that fall into independent blocks are solved block by block; default true (solvers/blocks.ts). */
  readonly decompose?: boolean;
}

/**
 * Minimises F(Ω, Δ) = −log det Ω + tr(S Ω) + λ‖Ω − Δ‖²_F + P(Δ), P a penalty on columns or entries; see
 * {@link GgmProblemInput}. With λ = ∞, the default, Ω = Δ.
 *
 * For a convex g (ℓ1) the answer is the global minimum; otherwise a stationary point at which each block is best given the
 * others. That it did not converge is told by `status` and `message`, not by an exception.
 *
 * @param input S, τ, g, λ, and what g is applied to; see {@link GgmProblemInput}.
 * @param options tolerance on the scaled KKT residual (default 1e-5), maxIterations (default 2000), solver, start, signal,
 *   onIteration, decompose.
 * @throws RangeError on a bad problem or option, TypeError on an unknown option.
 */
export function fitGgm(input: GgmProblemInput, options: FitOptions = {}): GgmFit {
  checkOptions('fitGgm', options, [
    'tolerance',
    'maxIterations',
    'signal',
    'onIteration',
    'start',
    'solver',
    'decompose',
  ]);
  const { start, solver, decompose = true, ...rest } = options;
  const { tolerance = 1e-5, maxIterations = 2000 } = rest;
  if (!(tolerance > 0)) throw new RangeError(`fitGgm: tolerance must be positive; got ${tolerance}`);
  if (!Number.isInteger(maxIterations) || maxIterations < 0) {
    throw new RangeError(`fitGgm: maxIterations must be a non-negative integer; got ${maxIterations}`);
  }
  if (solver !== undefined && !solverNames.includes(solver)) {
    throw new RangeError(`fitGgm: solver must be one of ${solverNames.join(', ')}; got "${solver}"`);
  }
  const problem = ggmProblem(input);
  if (start !== undefined) requireStart(start, problem.covariance);
  if (solver !== undefined) requireSolver(solver, problem);
  const stopping = { ...rest, tolerance, maxIterations };
  const name = solver ?? chooseSolver(problem);
  const blocks = decompose ? blocksOf(problem) : [];
  if (blocks.length > 1) return solveBlocks(input, blocks, name, stopping, start);
  return prepareWith(name, problem, start ?? startingPoint(problem)).run(stopping);
}

function requireStart({ omega, delta, multiplier }: StartingPoint, covariance: Matrix): void {
  requireSymmetric('fitGgm: start.omega', omega);
  const p = covariance.rows;
  const parts = { omega, delta, ...(multiplier === undefined ? {} : { multiplier }) };
  for (const [name, { rows, cols }] of Object.entries(parts)) {
    if (rows !== p || cols !== p) {
      throw new RangeError(
        `fitGgm: start.${name} must be ${p} x ${p} as covariance is; got ${rows} x ${cols}`,
      );
    }
  }
}
