/**
 * The l2,g-regularised Gaussian graphical model (arXiv 2412.08592), as data:
 *
 *   minimise over Ω ≻ 0 (symmetric) and Δ:
 *   F(Ω, Δ) = −log det Ω + tr(S Ω) + λ ‖Ω − Δ‖²_F + τ Σ_{j ∉ I} g(‖Δ_{I,j}‖₂)
 *
 * ‖·‖²_F counts all p² entries. Entries of Δ outside every group are free, so Δ = Ω there at the best Δ; Δ_{j,I} is
 * such a part, and Δ need not be symmetric.
 */
import { requireSymmetric, type Matrix } from '@ggm-peft/linalg';
import { checkNodes } from './check-nodes.js';
import { columnGroups, type Group } from './groups.js';
import { requireMinimum } from './definiteness.js';
import type { Penalty } from '../penalties/penalty.js';

/** What states a problem. */
export interface GgmProblemInput {
  /** S: sample covariance or correlation matrix [p, p], positive definite on the unpenalised blocks. */
  readonly covariance: Matrix;
  /** λ > 0: how strongly Ω and its sparse copy Δ are held together. */
  readonly coupling: number;
  /** τ ≥ 0: weight of the penalty. */
  readonly tau: number;
  /** g. */
  readonly penalty: Penalty;
  /** I: distinct node indices. With none (the default) each whole column without its diagonal is a group. */
  readonly importantNodes?: readonly number[];
}

/** A checked problem. */
export interface GgmProblem {
  readonly covariance: Matrix;
  readonly coupling: number;
  readonly tau: number;
  readonly penalty: Penalty;
  readonly importantNodes: readonly number[];
  readonly groups: readonly Group[];
}

/**
 * Checks the parts of a problem and joins them.
 *
 * @throws RangeError when S is not square, finite and symmetric, or is too near singular for F to have a minimum; or
 *   when λ, τ or an index is out of range.
 */
export function ggmProblem(input: GgmProblemInput): GgmProblem {
  const { covariance, coupling, tau, penalty, importantNodes = [] } = input;
  if (!(coupling > 0 && coupling < Infinity)) {
    throw new RangeError(`ggmProblem: coupling must be positive and finite; got ${coupling}`);
  }
  if (!(tau >= 0 && tau < Infinity)) {
    throw new RangeError(`ggmProblem: tau must be finite and not negative; got ${tau}`);
  }
  requireSymmetric('ggmProblem: covariance', covariance);
  checkNodes('ggmProblem: importantNodes', importantNodes, covariance.rows);
  const problem: GgmProblem = {
    covariance,
    coupling,
    tau,
    penalty,
    importantNodes: [...importantNodes],
    groups: columnGroups(covariance.rows, importantNodes),
  };
  requireMinimum(problem);
  return problem;
}
