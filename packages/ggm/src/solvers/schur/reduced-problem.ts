/**
 * The column model with important nodes, reduced to what the penalty touches. Order the nodes as I, J and write
 * A = Ω_II [m, m], B = Ω_IJ [m, q]. By the Schur complement C = Ω_JJ − Bᵀ A⁻¹ B,
 *
 *   log det Ω = log det A + log det C,   tr(S_JJ Ω_JJ) = tr(S_JJ C) + tr(A⁻¹ B S_JJ Bᵀ),
 *
 * and no penalty holds Ω_JJ, so the best C is S_JJ⁻¹ whatever A and B are. What remains is
 *
 *   φ(A, B) = −log det A + tr(S_II A) + 2 ⟨S_IJ, B⟩ + tr(A⁻¹ B S_JJ Bᵀ) + Σ_j e_j(‖B_j‖₂) + log det S_JJ + q
 *
 * with e_j the penalty's envelope (problem/envelope.ts): F itself, minimised over Ω_JJ and Δ. m is small and q × q
 * matrices are never decomposed again after S_JJ's one Cholesky factorisation.
 */
import {
  cholesky,
  choleskyInverse,
  choleskySolve,
  frobeniusNorm,
  logDeterminant,
  Matrix,
  multiplyTransposedLeft,
} from '@ggm-peft/linalg';
import { columnCurvature } from '../../problem/curvature.js';
import { envelopes, type Envelope } from '../../problem/envelope.js';
import type { ColumnProblem } from '../../problem/problem.js';
import { byCorrelation } from '../../problem/node-order.js';
import { submatrix } from '../../problem/submatrix.js';
import { squareRoots, type SquareRoots } from './important-block.js';

export interface ReducedProblem {
  /** I, ascending. */
  readonly important: readonly number[]; // [m]
  /** J, those most correlated with I first: the order of the sweeps. */
  readonly others: readonly number[]; // [q]
  readonly covarianceII: Matrix; // [m, m]
  readonly covarianceIJ: Matrix; // [m, q]
  readonly covarianceJJ: Matrix; // [q, q]
  /** Of S_II. */
  readonly roots: SquareRoots;
  /** τ w_j in the order of J; Infinity for structural zeros. */
  readonly weights: readonly number[];
  /** e_j, in the order of J. */
  readonly envelopes: readonly Envelope[];
  /** L_j by column of the whole problem, for λ = ∞ (problem/curvature.ts). */
  readonly curvature: (column: number) => number;
  /** The Cholesky factor of S_JJ [q, q]. */
  readonly factorJJ: Matrix;
  /** ‖S‖_F, the residual's unit. */
  readonly norm: number;
  /** log det S_JJ + q */
  readonly constant: number;
  /** What columns that are not part of this problem add, as they are: their B S [m, q] at its columns, and their G [m, m]. */
  readonly fixed: { readonly products: Matrix; readonly gram: Matrix } | null;
}

export function reduce(problem: ColumnProblem): ReducedProblem {
  const { covariance, importantNodes, groups, penalty, tau, coupling } = problem;
  const important = [...importantNodes].sort((a, b) => a - b);
  const isImportant = new Set(important);
  const others = byCorrelation(
    covariance,
    important,
    Array.from({ length: covariance.rows }, (_, i) => i).filter((i) => !isImportant.has(i)),
  );
  const weights = new Map(groups.map(({ column, weight }) => [column, weight]));
  const envelopeOf = envelopes(penalty, coupling);
  const covarianceII = submatrix(covariance, important, important);
  const covarianceJJ = submatrix(covariance, others, others);
  const factor = cholesky(covarianceJJ);
  if (factor.status !== 'ok') {
    throw new RangeError(
      `reduce: covariance among the other nodes must be positive definite; pivot ${factor.pivot} is ${factor.value}`,
    );
  }
  const totals = others.map((j) => {
    const weight = weights.get(j) ?? 0;
    return weight === Infinity ? Infinity : tau * weight;
  });
  return {
    important,
    others,
    covarianceII,
    roots: squareRoots(covarianceII),
    covarianceIJ: submatrix(covariance, important, others),
    covarianceJJ,
    weights: totals,
    envelopes: totals.map(envelopeOf),
    curvature: columnCurvature(problem),
    factorJJ: factor.lower,
    constant: logDeterminant(factor.lower) + others.length,
    norm: frobeniusNorm(covariance),
    fixed: null,
  };
}

/** Ω [p, p] from A, positive definite, and B: Ω_JJ = S_JJ⁻¹ + Bᵀ A⁻¹ B. */
export function assemble(reduced: ReducedProblem, a: Matrix, b: Matrix): Matrix {
  const { important, others, factorJJ } = reduced;
  const p = important.length + others.length;
  const q = others.length;
  const jj = choleskyInverse(factorJJ);
  const factor = cholesky(a);
  if (factor.status === 'ok') {
    const product = multiplyTransposedLeft(b, choleskySolve(factor.lower, b)); // [q, q]
    for (let k = 0; k < jj.data.length; k++) jj.data[k] = (jj.data[k] ?? 0) + (product.data[k] ?? 0);
  }
  const omega = Matrix.zeros(p, p);
  const put = (
    rows: readonly number[],
    cols: readonly number[],
    entry: (i: number, j: number) => number,
  ): void => {
    rows.forEach((row, i) => {
      cols.forEach((col, j) => {
        omega.data[row * p + col] = entry(i, j);
      });
    });
  };
  put(important, important, (i, j) => a.data[i * a.cols + j] ?? 0);
  put(important, others, (i, j) => b.data[i * q + j] ?? 0);
  put(others, important, (j, i) => b.data[i * q + j] ?? 0);
  put(others, others, (j, l) => ((jj.data[j * q + l] ?? 0) + (jj.data[l * q + j] ?? 0)) / 2);
  return omega;
}
