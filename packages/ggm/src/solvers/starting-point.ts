/**
 * Where a fit begins when the caller has no earlier answer: Ω is the inverse of S with the penalised entries (and their
 * mirror images) left out; in the column model that is, block by block, S_II⁻¹ and the others' S⁻¹, or 1/s_jj without
 * important nodes. Δ is the best one for it, equal to it.
 *
 * This is the answer for τ = λ = ∞. It exists whenever F has a minimum, and the entries that no penalty holds, the ones
 * that block coordinate descent is slowest to move, begin near their answer: on correlated scores it took a half to a
 * quarter of the iterations that S⁻¹, a ridge estimate or the diagonal took, and S⁻¹ of an ill-conditioned S is worse.
 *
 * The entry model with a convex g and λ = ∞ begins at a better place where it can: tree-start.ts.
 *
 * A pattern of free entries that is not made of blocks may leave a part of S that is not positive definite, or one whose
 * inverse has entries where Ω must have zeros and is not positive definite without them. Then the diagonal alone serves.
 */
import { cholesky, choleskyInverse, Matrix } from '@ggm-peft/linalg';
import type { EntryProblem, GgmProblem } from '../problem/problem.js';
import type { StartingPoint } from './solver.js';
import { treeStart } from './tree-start.js';

/** The default start of a problem that `ggmProblem` has accepted. */
export function startingPoint(problem: GgmProblem): StartingPoint {
  if (
    problem.structure === 'entries' &&
    problem.coupling === Infinity &&
    problem.penalty.convex &&
    problem.tau > 0
  ) {
    const omega = treeStart(problem);
    if (omega !== null) return { omega, delta: omega };
  }
  const remaining = decoupled(problem);
  const factor = isDiagonal(remaining) ? null : cholesky(remaining);
  const inverse = factor?.status === 'ok' ? choleskyInverse(factor.lower) : null;
  const omega = (inverse && feasible(problem, inverse)) ?? diagonalStart(problem);
  return { omega, delta: omega };
}

/** The inverse with the structural zeros that Ω = Δ asks for; null where that leaves nothing positive definite. */
function feasible(problem: GgmProblem, inverse: Matrix): Matrix | null {
  if (problem.structure !== 'entries') return inverse;
  const omega = withStructuralZeros(problem, inverse);
  return omega === inverse || cholesky(omega).status === 'ok' ? omega : null;
}

/** Ω with zeros where Ω = Δ and a weight of ∞ ask for them. */
export function withStructuralZeros({ weights, coupling }: EntryProblem, omega: Matrix): Matrix {
  if (coupling < Infinity || !weights.includes(Infinity)) return omega;
  return new Matrix(
    omega.rows,
    omega.cols,
    omega.data.map((value, k) => (weights[k] === Infinity ? 0 : value)),
  );
}

function isDiagonal({ rows: p, data }: Matrix): boolean {
  for (let i = 0; i < p; i++) for (let j = 0; j < i; j++) if (data[i * p + j] !== 0) return false;
  return true;
}

/** S with zeros where a penalised entry, or its mirror image, lies. */
function decoupled(problem: GgmProblem): Matrix {
  const { covariance, tau } = problem;
  const p = covariance.rows;
  const result = covariance.clone();
  const drop = (i: number, j: number, weight: number): void => {
    if (i === j || weight === 0 || (tau === 0 && weight < Infinity)) return;
    result.data[i * p + j] = 0;
    result.data[j * p + i] = 0;
  };
  if (problem.structure === 'columns') {
    for (const { column, rows, weight } of problem.groups) {
      for (const row of rows) drop(row, column, weight);
    }
  } else {
    for (let i = 0; i < p; i++) for (let j = 0; j < i; j++) drop(i, j, problem.weights[i * p + j] ?? 0);
  }
  return result;
}

/** 1/s_jj; with a penalised diagonal s_jj may be 0, and the penalty's own scale takes its place. */
function diagonalStart(problem: GgmProblem): Matrix {
  const { covariance, tau } = problem;
  const p = covariance.rows;
  return Matrix.diagonal(
    Float64Array.from({ length: p }, (_, i) => {
      const weight = problem.structure === 'entries' ? (problem.weights[i * p + i] ?? 0) : 0;
      return 1 / ((covariance.data[i * p + i] ?? 0) + tau * weight);
    }),
  );
}
