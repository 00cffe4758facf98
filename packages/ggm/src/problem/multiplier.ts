/**
 * With λ = ∞ the coupling's pull 2λ(Ω − Δ) becomes a Lagrange multiplier Y of the constraint Ω = Δ:
 *
 *   S − Ω⁻¹ + ½ (Y + Yᵀ) = 0,   Y ∈ ∂P(Δ)
 *
 * The first condition gives Y + Yᵀ = 2 (Ω⁻¹ − S) only. Which part belongs to (i, j) and which to (j, i): half each for
 * entries; all of it to the copy that a group holds, in columns with important nodes; and where two whole columns meet,
 * a column that is not zero takes what its gradient is there, the other one the rest, and two zero columns half each.
 * That last choice need not be the best one, so the distance that follows from it is an upper bound.
 */
import type { Matrix } from '@ggm-peft/linalg';
import { euclideanNorm } from '@ggm-peft/linalg';
import { readGroup } from './groups.js';
import type { ColumnProblem, GgmProblem } from './problem.js';

/** A multiplier that satisfies the first condition where it can. @param pull Ω⁻¹ − S [p, p] */
export function impliedMultiplier(problem: GgmProblem, delta: Matrix, pull: Matrix): Matrix {
  if (problem.structure === 'entries') return pull;
  return problem.importantNodes.length > 0 ? oneCopy(problem, pull) : sharedColumns(problem, delta, pull);
}

function oneCopy({ groups }: ColumnProblem, pull: Matrix): Matrix {
  const p = pull.rows;
  const multiplier = pull.clone();
  for (const { column, rows } of groups) {
    for (const row of rows) {
      multiplier.data[row * p + column] = 2 * (pull.data[row * p + column] ?? 0);
      multiplier.data[column * p + row] = 0;
    }
  }
  return multiplier;
}

function sharedColumns({ groups, penalty, tau }: ColumnProblem, delta: Matrix, pull: Matrix): Matrix {
  const p = pull.rows;
  // What each column's gradient asks for: NaN where the column is zero and takes anything within its bound.
  const factors = new Float64Array(p); // a free column asks for 0
  for (const group of groups) {
    const length = euclideanNorm(readGroup(delta.data, p, group));
    factors[group.column] =
      length > 0 ? (tau * group.weight * penalty.derivative(length)) / length : Number.NaN;
  }
  const multiplier = pull.clone(); // right on the diagonal: 0 at an answer
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < i; j++) {
      const both = 2 * (pull.data[i * p + j] ?? 0);
      const own = (factors[j] ?? 0) * (delta.data[i * p + j] ?? 0); // (i, j), in column j
      const mirrored = (factors[i] ?? 0) * (delta.data[j * p + i] ?? 0); // (j, i), in column i
      const settled = Number.isNaN(own) ? (Number.isNaN(mirrored) ? both / 2 : both - mirrored) : own;
      multiplier.data[i * p + j] = settled;
      multiplier.data[j * p + i] = Number.isNaN(mirrored) ? both - settled : mirrored;
    }
  }
  return multiplier;
}
