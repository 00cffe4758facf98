/** A chosen τ, and what there is to say of the choice. */
import type { Matrix } from '@ggm-peft/linalg';
import type { FitStatus, GgmFit } from '../solvers/solve.js';

/** The ways of choosing, by name. */
export type TauCriterion = 'aic' | 'bic' | 'ebic' | 'cv' | 'stars';

/** The score of one τ. */
export interface TauScore {
  readonly tau: number;
  /**
   * EBIC, BIC, AIC or, for `cv`, minus the mean held-out log-likelihood of a sample without its constant: smaller is
   * better. For `stars` the instability, of which not the least is sought but the largest that is allowed. NaN where a
   * raised `signal` left no time for it.
   */
  readonly value: number;
  /** `cv`: the standard error of `value` over the folds. */
  readonly standardError?: number;
  /** |E| of the fit to all samples. */
  readonly edges: number;
  /** How that fit ended. */
  readonly status: FitStatus;
}

/** The choice. */
export interface TauSelection {
  /** The chosen τ, `scores[index].tau`. */
  readonly tau: number;
  readonly index: number;
  /** The fit to all samples at that τ. */
  readonly fit: GgmFit;
  /** S [p, p] of that fit. */
  readonly covariance: Matrix;
  /** One a τ, the largest first. */
  readonly scores: readonly TauScore[];
  /**
   * `path-end`: the choice is the last τ on one side, and a longer path may hold a better one. `not-converged`: the
   * chosen fit did not converge. `aborted`: `signal` was raised, and the choice rests on what was done by then.
   */
  readonly status: 'selected' | 'path-end' | 'not-converged' | 'aborted';
  /** A sentence on the choice and, where there is reason, what to try. */
  readonly message: string;
}

/** What the verdict rests on. */
export interface Choice extends Pick<TauSelection, 'index' | 'fit' | 'scores'> {
  readonly criterion: TauCriterion;
  readonly aborted: boolean;
  /** Whether the path begins at the null model, beyond which there is nothing sparser. */
  readonly beginsAtNull: boolean;
  /** `stars`: the instability allowed. */
  readonly allowed?: number;
}

/** Status and message of a choice. */
export function verdict(choice: Choice): Pick<TauSelection, 'status' | 'message'> {
  const { criterion, index, fit, scores, aborted } = choice;
  const score = scores[index];
  const tau = score?.tau ?? Number.NaN;
  const chosen = `${criterion} chose tau = ${tau.toPrecision(4)}, place ${index + 1} of ${scores.length}, with ${score?.edges ?? 0} edges`;
  if (aborted) return { status: 'aborted', message: `Aborted: ${chosen} from what was done by then.` };
  if (fit.status !== 'converged') {
    return { status: 'not-converged', message: `The chosen fit did not converge: ${chosen}. ${fit.message}` };
  }
  const advice = pathEnd(choice, tau);
  return advice === undefined
    ? { status: 'selected', message: `Selected: ${chosen}.` }
    : { status: 'path-end', message: `At the end of the path: ${chosen}. ${advice}` };
}

/** What to try where the choice lies at an end of the path. */
function pathEnd(
  { index, scores, beginsAtNull, allowed = Infinity }: Choice,
  tau: number,
): string | undefined {
  const smaller = 'Lower ratio, or give smaller taus.';
  const larger = 'Give larger taus.';
  if (!((scores[index]?.value ?? Number.NaN) <= allowed)) {
    return `No graph of the path is as stable as ${allowed} asks. ${larger}`;
  }
  if (scores.length === 1) return undefined; // nothing to choose from, nothing to regret
  if (index === scores.length - 1 && tau > 0) return smaller;
  return index === 0 && !beginsAtNull ? larger : undefined;
}
