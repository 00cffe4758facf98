/** Fitting the model: problem, starting point and exact solver brought together behind one call. */
import { checkOptions, requireSymmetric, type Matrix } from '@ggm-peft/linalg';
import { ggmProblem, type GgmProblemInput } from './problem/problem.js';
import { exactBcd } from './solvers/exact-bcd.js';
import { solve, type GgmFit, type SolveOptions } from './solvers/solve.js';
import type { StartingPoint } from './solvers/solver.js';
import { startingPoint } from './solvers/starting-point.js';

/** Options of {@link fitGgm}. */
export interface FitOptions extends Partial<SolveOptions> {
  /** Warm start: Ω (symmetric) and Δ of an earlier fit. Default: S's unpenalised blocks inverted (solvers/starting-point.ts). */
  readonly start?: StartingPoint;
}

/**
 * Minimises F(Ω, Δ) = −log det Ω + tr(S Ω) + λ‖Ω − Δ‖²_F + τ Σ_{j∉I} g(‖Δ_{I,j}‖₂) by exact block coordinate descent.
 *
 * For a convex g (p = 1) the answer is the global minimum; otherwise a stationary point at which each block is globally
 * best given the other. That it did not converge is told by `status` and `message`, not by an exception.
 *
 * @param input S, λ, τ, g and I; see {@link GgmProblemInput}.
 * @param options tolerance (default 1e-5), maxIterations (default 2000), start, signal, onIteration.
 * @throws RangeError on a bad problem or option, TypeError on an unknown option.
 */
export function fitGgm(input: GgmProblemInput, options: FitOptions = {}): GgmFit {
  checkOptions('fitGgm', input, ['covariance', 'coupling', 'tau', 'penalty', 'importantNodes']);
  checkOptions('fitGgm', options, ['tolerance', 'maxIterations', 'signal', 'onIteration', 'start']);
  const { start, ...rest } = options;
  const { tolerance = 1e-5, maxIterations = 2000 } = rest;
  if (!(tolerance > 0)) throw new RangeError(`fitGgm: tolerance must be positive; got ${tolerance}`);
  if (!Number.isInteger(maxIterations) || maxIterations < 0) {
    throw new RangeError(`fitGgm: maxIterations must be a non-negative integer; got ${maxIterations}`);
  }
  const problem = ggmProblem(input);
  if (start !== undefined) requireStart(start, problem.covariance);
  return solve(problem, exactBcd, start ?? startingPoint(problem), { ...rest, tolerance, maxIterations });
}

function requireStart({ omega, delta }: StartingPoint, covariance: Matrix): void {
  requireSymmetric('fitGgm: start.omega', omega);
  const p = covariance.rows;
  for (const [name, { rows, cols }] of [['omega', omega] as const, ['delta', delta] as const]) {
    if (rows !== p || cols !== p) {
      throw new RangeError(
        `fitGgm: start.${name} must be ${p} x ${p} as covariance is; got ${rows} x ${cols}`,
      );
    }
  }
}
