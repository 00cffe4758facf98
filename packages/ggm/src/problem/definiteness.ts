/**
 * Does F have a minimum? Along Ω + t D with D ⪰ 0, −log det falls like −log t, so something must grow: tr(S D) > 0, or
 * the penalty. A coercive penalty (τ > 0) sees every D with an entry that it holds; the others live on blocks of entries
 * that it leaves free: for columns I × I and its complement's square, or the diagonal when no important nodes are given;
 * for entries the sets of nodes with no weight between them. There S must be positive definite, and elsewhere at least
 * semidefinite. A penalty that does not outgrow the logarithm helps nowhere: all of S must be positive definite.
 *
 * For entries with weights of 0 in a pattern that is not made of complete blocks, the pairs of the pattern are checked:
 * necessary, and all that can be said without solving the problem. A fit that runs away says so in its status.
 */
import { cholesky, type Matrix } from '@ggm-peft/linalg';
import { componentsOf } from './components.js';
import { submatrix } from './submatrix.js';
import type { ColumnProblem, EntryProblem, GgmProblem } from './problem.js';

/** A Cholesky pivot below this fraction of its diagonal entry counts as zero. */
const PIVOT_TOLERANCE = 1e-10;

/** A set of nodes between which nothing is penalised, and how to call it. */
interface FreeBlock {
  readonly nodes: readonly number[];
  readonly what: string;
  readonly reason: string;
}

const notPenalised = 'these entries of the precision matrix are not penalised';

/** Throws a RangeError that says which block of S fails and what to do about it. */
export function requireMinimum(problem: GgmProblem): void {
  const { covariance, penalty, tau } = problem;
  const every = Array.from({ length: covariance.rows }, (_, i) => i);
  if (tau === 0 || !penalty.coercive) {
    requireDefinite(
      covariance,
      every,
      'covariance',
      tau === 0 ? 'tau is 0' : `${penalty.name} does not outgrow log t`,
    );
    return;
  }
  const blocks = problem.structure === 'columns' ? columnBlocks(problem) : entryBlocks(problem);
  for (const { nodes, what, reason } of blocks) requireDefinite(covariance, nodes, what, reason);
  requireSemidefinite(covariance);
}

function columnBlocks({ covariance, importantNodes, groups }: ColumnProblem): FreeBlock[] {
  const every = Array.from({ length: covariance.rows }, (_, i) => i);
  const penalised = new Set(groups.map(({ column }) => column));
  const important = new Set(importantNodes);
  const free = every.filter((i) => !penalised.has(i) && !important.has(i));
  if (importantNodes.length === 0) {
    const diagonal = { what: 'covariance diagonal', reason: 'a diagonal is never penalised' };
    return [
      ...every.map((i) => ({ nodes: [i], ...diagonal })),
      { nodes: free, what: 'covariance among the nodes of weight 0', reason: notPenalised },
    ];
  }
  return [
    {
      nodes: [...importantNodes, ...free],
      what: 'covariance among the important nodes',
      reason: notPenalised,
    },
    {
      nodes: every.filter((i) => !important.has(i)),
      what: 'covariance among the other nodes',
      reason: notPenalised,
    },
  ];
}

function entryBlocks({ covariance, weights }: EntryProblem): FreeBlock[] {
  const p = covariance.rows;
  const isFree = (i: number, j: number): boolean => weights[i * p + j] === 0;
  const blocks: FreeBlock[] = [];
  for (let i = 0; i < p; i++) {
    if (isFree(i, i)) blocks.push({ nodes: [i], what: 'covariance diagonal', reason: 'it is not penalised' });
  }
  const what = 'covariance among nodes with weights of 0 between them';
  for (const nodes of componentsOf(p, (i, j) => isFree(i, j))) {
    if (nodes.length === 1) continue;
    const pairs = nodes.flatMap((i) => nodes.filter((j) => j < i && isFree(i, j)).map((j) => [j, i]));
    const complete = pairs.length === (nodes.length * (nodes.length - 1)) / 2;
    for (const block of complete ? [nodes] : pairs) blocks.push({ nodes: block, what, reason: notPenalised });
  }
  return blocks;
}

function requireDefinite(covariance: Matrix, nodes: readonly number[], what: string, reason: string): void {
  const [first, ...others] = nodes;
  if (first === undefined) return;
  // A single node's variance needs no factorisation.
  if (others.length === 0 && (covariance.data[first * covariance.cols + first] ?? 0) > 0) return;
  const result = cholesky(submatrix(covariance, nodes, nodes), { tolerance: PIVOT_TOLERANCE });
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
  if (largest === 0) return; // then every entry must be 0, which a penalised diagonal allows
  const result = cholesky(withRidge(covariance, 1e-8 * largest));
  if (result.status === 'ok') return;
  throw new RangeError(
    `ggmProblem: covariance must be positive semidefinite; elimination leaves ${result.value} at node ${result.pivot}. ` +
      'Compute it from samples as XᵀX/(n − 1) without rounding or thresholding its entries',
  );
}

/** S with `ridge` added to its diagonal. */
function withRidge(covariance: Matrix, ridge: number): Matrix {
  const result = covariance.clone();
  for (let i = 0; i < result.rows; i++) {
    result.data[i * result.rows + i] = (result.data[i * result.rows + i] ?? 0) + ridge;
  }
  return result;
}
