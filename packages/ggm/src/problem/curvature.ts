/**
 * The curvature L by which stationarity judges a zero (PenaltyTerm.distance). For finite λ it is 2λ, that of λ‖Ω − Δ‖² in
 * Δ. For λ = ∞ it is that of −log det Ω, whose second derivative along a symmetric D is tr(W D W D) with W = Ω⁻¹:
 *
 *   entries:            w_ij² + w_ii w_jj, half of it along both copies of (i, j) at once
 *   columns:            2 w_jj ‖W_II‖₂ bounds it along (I, j), once Ω_JJ has followed; for whole columns, whose blocks
 *                       overlap, 2 w_jj max_i w_ii, that of the entries alone
 *
 * For columns S stands for W there: the two agree on the blocks II and jj at every answer.
 */
import { largestEigenvalue } from './largest-eigenvalue.js';
import { submatrix } from './submatrix.js';
import type { Matrix } from '@ggm-peft/linalg';
import type { ColumnProblem, GgmProblem } from './problem.js';

/** L by entry (i p + j) or by column. @param inverse W [p, p] */
export function curvatureOf(problem: GgmProblem, inverse: Matrix): (index: number) => number {
  const { coupling, covariance } = problem;
  if (coupling < Infinity) return () => 2 * coupling;
  const p = covariance.rows;
  if (problem.structure === 'columns') return columnCurvature(problem);
  const w = inverse.data;
  return (k) => {
    const i = Math.floor(k / p);
    const j = k % p;
    return (w[k] ?? 0) ** 2 + (w[i * p + i] ?? 0) * (w[j * p + j] ?? 0);
  };
}

/** L_j for λ = ∞. */
export function columnCurvature({
  covariance,
  importantNodes,
}: Pick<ColumnProblem, 'covariance' | 'importantNodes'>): (column: number) => number {
  const p = covariance.rows;
  const variance = (j: number): number => covariance.data[j * p + j] ?? 0;
  let scale = 0;
  if (importantNodes.length > 0) {
    scale = largestEigenvalue(submatrix(covariance, importantNodes, importantNodes));
  } else {
    for (let i = 0; i < p; i++) scale = Math.max(scale, variance(i));
  }
  return (j) => 2 * variance(j) * scale;
}
