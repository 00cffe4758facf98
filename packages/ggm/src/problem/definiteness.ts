/**
 * Does F have a minimum? Along Ω + t D with D ⪰ 0, −log det falls like −log t, so something must grow: tr(S D) > 0, or
 * the penalty. A coercive penalty (τ > 0) sees every D with an entry in a group; the others live on the blocks that no
 * group touches: I × I and its complement's square, or the diagonal when no important nodes are given. There S must be
 * positive definite, and elsewhere at least semidefinite. A penalty that levels off helps nowhere: all of S must be
 * positive definite.
 */
import { cholesky, Matrix } from '@ggm-peft/linalg';
import type { Penalty } from '../penalties/penalty.js';

/** The parts of a problem that decide. */
interface DefinitenessInput {
  readonly covariance: Matrix;
  readonly importantNodes: readonly number[];
  readonly penalty: Penalty;
  readonly tau: number;
}

/** A Cholesky pivot below this fraction of its diagonal entry counts as zero. */
const PIVOT_TOLERANCE = 1e-10;

/** Throws a RangeError that says which block of S fails and what to do about it. */
export function requireMinimum({ covariance, importantNodes, penalty, tau }: DefinitenessInput): void {
  const p = covariance.rows;
  const every = Array.from({ length: p }, (_, i) => i);
  if (tau === 0 || !penalty.coercive) {
    requireDefinite(covariance, every, 'covariance', tau === 0 ? 'tau is 0' : `${penalty.name} is bounded`);
    return;
  }
  if (importantNodes.length === 0) {
    for (const i of every)
      requireDefinite(covariance, [i], 'covariance diagonal', 'a diagonal is never penalised');
  } else {
    const reason = 'these entries of the precision matrix are not penalised';
    const important = new Set(importantNodes);
    const others = every.filter((i) => !important.has(i));
    requireDefinite(covariance, [...important], 'covariance among the important nodes', reason);
    requireDefinite(covariance, others, 'covariance among the other nodes', reason);
  }
  requireSemidefinite(covariance);
}

function requireDefinite(covariance: Matrix, nodes: readonly number[], what: string, reason: string): void {
  if (nodes.length === 0) return;
  const result = cholesky(block(covariance, nodes, 0), { tolerance: PIVOT_TOLERANCE });
  if (result.status === 'ok') return;
  const node = nodes[result.pivot] ?? result.pivot;
  throw new RangeError(
    `ggmProblem: ${what} must be positive definite, for ${reason}; elimination leaves ${result.value} at node ${node}. ` +
      'Shrink it towards the identity (shrinkCorrelation, or allocateNodes with its default transform), or use more samples than nodes',
  );
}

/** Negative eigenvalues beyond rounding make F unbounded below: S is then not a covariance matrix. */
function requireSemidefinite(covariance: Matrix): void {
  const every = Array.from({ length: covariance.rows }, (_, i) => i);
  let largest = 0;
  for (const i of every) largest = Math.max(largest, covariance.data[i * covariance.rows + i] ?? 0);
  const result = cholesky(block(covariance, every, 1e-8 * largest));
  if (result.status === 'ok') return;
  throw new RangeError(
    `ggmProblem: covariance must be positive semidefinite; elimination leaves ${result.value} at node ${result.pivot}. ` +
      'Compute it from samples as XᵀX/(n − 1) without rounding or thresholding its entries',
  );
}

/** S restricted to some nodes, with `ridge` added to its diagonal. */
function block(covariance: Matrix, nodes: readonly number[], ridge: number): Matrix {
  const size = nodes.length;
  const result = Matrix.zeros(size, size);
  nodes.forEach((from, i) => {
    nodes.forEach((to, j) => {
      result.data[i * size + j] = (covariance.data[from * covariance.cols + to] ?? 0) + (i === j ? ridge : 0);
    });
  });
  return result;
}
