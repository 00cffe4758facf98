/**
 * The regularised Gaussian graphical model, as data:
 *
 *   minimise over Ω ≻ 0 (symmetric) and Δ:
 *   F(Ω, Δ) = −log det Ω + tr(S Ω) + λ ‖Ω − Δ‖²_F + P(Δ)
 *
 *   columns:  P(Δ) = τ Σ_{j ∉ I} w_j g(‖Δ_{I,j}‖₂)     the l2,g model of arXiv 2412.08592
 *   entries:  P(Δ) = τ Σ_{i ≠ j} w_ij g(|δ_ij|)         with g = ℓ1 and λ = ∞ the graphical lasso
 *
 * λ = ∞ stands for the constraint Ω = Δ. ‖·‖²_F counts all p² entries. Entries of Δ that P does not hold are free, so
 * Δ = Ω there at the best Δ. In the column model Δ_{j,I} is such a part, and Δ need not be symmetric when λ is finite.
 */
import type { Matrix, Penalty } from '@ggm-peft/linalg';
import type { Group } from './groups.js';
import type { PenaltyTerm } from './penalty-term.js';

/** What g is applied to. */
export type Structure = 'columns' | 'entries';

/** What states a problem. */
export interface GgmProblemInput {
  /** S: sample covariance or correlation matrix [p, p], positive definite on the unpenalised blocks. */
  readonly covariance: Matrix;
  /** τ ≥ 0: weight of the penalty. */
  readonly tau: number;
  /** g. */
  readonly penalty: Penalty;
  /** λ > 0: how strongly Ω and its sparse copy Δ are held together; default Infinity: Ω = Δ. */
  readonly coupling?: number;
  /** What g is applied to: norms of columns (default) or absolute values of entries. */
  readonly structure?: Structure;
  /** I, for columns: distinct node indices. With none (the default) each whole column without its diagonal is a group. */
  readonly importantNodes?: readonly number[];
  /**
   * w, not negative: [p] for columns, symmetric [p, p] for entries (its diagonal counts with `penaliseDiagonal` only).
   * 0 leaves a column or entry free, Infinity makes it zero; default 1.
   */
  readonly weights?: Float64Array | Matrix;
  /** Whether entries (i, i) are penalised too; default false, entries only. */
  readonly penaliseDiagonal?: boolean;
}

/** What both kinds of problem share. */
export interface CommonProblem {
  readonly covariance: Matrix;
  readonly coupling: number;
  readonly tau: number;
  readonly penalty: Penalty;
  /** P. */
  readonly term: PenaltyTerm;
}

/** A checked column problem. */
export interface ColumnProblem extends CommonProblem {
  readonly structure: 'columns';
  readonly importantNodes: readonly number[];
  readonly groups: readonly Group[];
}

/** A checked entry problem. */
export interface EntryProblem extends CommonProblem {
  readonly structure: 'entries';
  /** w [p, p] row-major; 0 where nothing is penalised. */
  readonly weights: Float64Array;
}

/** A checked problem. */
export type GgmProblem = ColumnProblem | EntryProblem;
