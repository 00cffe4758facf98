/**
 * The penalised part of F, P(Δ) = τ Σ w g(·), as solvers see it. What g is applied to, column norms or entries, is the
 * term's own affair: see column-term.ts and entry-term.ts.
 */
import type { Matrix, Penalty } from '@ggm-peft/linalg';

export interface PenaltyTerm {
  /** P(Δ); Infinity where an entry of infinite weight is not zero. */
  value(delta: Matrix): number;
  /** argmin_X ½ ‖X − V‖²_F + step · P(X) over all (also asymmetric) X; a new matrix. */
  prox(v: Matrix, step: number): Matrix;
  /**
   * Distance in the Frobenius norm from `pull` [p, p] to ∂P(Δ). Entries that P does not hold have ∂P = 0.
   *
   * Where g′(0+) = ∞, every zero satisfies the first-order condition. A zero must therefore also be where a proximal
   * gradient step stays: prox of P/L at pull/L must be 0, and L times what it makes instead is the zero's distance. For
   * a convex g the two are the same number.
   *
   * @param curvature L > 0 of an entry (by i p + j) or of a column's group (by j)
   */
  distance(delta: Matrix, pull: Matrix, curvature: (index: number) => number): number;
}

/** One group's (or entry's) distance along its direction; see {@link PenaltyTerm.distance}. */
export function scalarDistance(
  penalty: Penalty,
  weight: number,
  curvature: number,
  length: number,
  slope: number,
): number {
  if (weight === Infinity) return length === 0 ? 0 : Infinity;
  const distance = penalty.subdifferentialDistance(length, slope, weight);
  if (length > 0 || penalty.convex) return distance;
  return Math.max(distance, curvature * penalty.prox(Math.abs(slope) / curvature, weight / curvature));
}

/** The prox with infinite weights: those lengths are zero. */
export function scalarProx(penalty: Penalty, length: number, weight: number): number {
  return weight === Infinity ? 0 : penalty.prox(length, weight);
}
