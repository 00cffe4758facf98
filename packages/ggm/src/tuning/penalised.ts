/** What the penalty of a problem can remove or keep: groups or entries whose weight is neither 0 nor Infinity. */
import type { Matrix } from '@ggm-peft/linalg';
import { groupLengths } from '../problem/column-term.js';
import type { GgmProblem } from '../problem/problem.js';

/**
 * Calls `visit` for every such group or entry (i ≠ j) with ‖A_g‖ or |a_ij|, its weight, and its index: the column of a
 * group, i p + j of an entry.
 *
 * @param matrix A [p, p].
 */
export function forEachPenalised(
  problem: GgmProblem,
  matrix: Matrix,
  visit: (size: number, weight: number, index: number) => void,
): void {
  if (problem.structure === 'columns') {
    const lengths = groupLengths(matrix, problem.groups);
    problem.groups.forEach(({ weight, column }, at) => {
      if (isPenalised(weight)) visit(lengths[at] ?? 0, weight, column);
    });
  } else {
    problem.weights.forEach((weight, k) => {
      if (isPenalised(weight) && k % (matrix.rows + 1) !== 0) visit(Math.abs(matrix.data[k] ?? 0), weight, k);
    });
  }
}

/** Whether Δ is the null model's: everything penalised is zero. */
export function isNull(problem: GgmProblem, delta: Matrix): boolean {
  let nothing = true;
  forEachPenalised(problem, delta, (size) => {
    if (size > 0) nothing = false;
  });
  return nothing;
}

/** Whether diagonal entries are penalised too. */
export function penalisesDiagonal(problem: GgmProblem): boolean {
  if (problem.structure === 'columns') return false;
  const p = problem.covariance.rows;
  return problem.weights.some((weight, k) => k % (p + 1) === 0 && weight > 0);
}

/** The number of pairs i < j whose edge the penalty can remove. */
export function countPenalisedPairs(problem: GgmProblem): number {
  const p = problem.covariance.rows;
  const held = new Uint8Array(p * p); // [i, j], i < j
  const hold = (i: number, j: number, weight: number): void => {
    if (i !== j && isPenalised(weight)) held[Math.min(i, j) * p + Math.max(i, j)] = 1;
  };
  if (problem.structure === 'columns') {
    for (const { column, rows, weight } of problem.groups) {
      for (const row of rows) hold(row, column, weight);
    }
  } else {
    problem.weights.forEach((weight, k) => {
      hold(Math.floor(k / p), k % p, weight);
    });
  }
  return held.reduce((count, one) => count + one, 0);
}

function isPenalised(weight: number): boolean {
  return weight > 0 && weight < Infinity;
}
