/** EBIC, BIC or AIC along a path, of each fit as it is or refitted to its graph. */
import type { Matrix } from '@ggm-peft/linalg';
import type { FitOptions } from '../fit-ggm.js';
import type { GgmFit } from '../solvers/solve.js';
import { aic, bic, ebic, type CriterionData } from './criteria.js';
import { refit } from './refit.js';
import type { Plan } from './select-tau-options.js';
import { forEachEdge } from './support.js';

type InformationPlan = Extract<Plan, { readonly gamma: number }>;

/**
 * The criterion as a function of the fits of a path, in its order. A graph that the fit before had too isn't refitted again.
 * A graph whose maximum likelihood does not exist (S is singular on a complete part of it) has the value Infinity: no
 * number of samples like these could tell it from a denser one.
 */
export function informationScore(
  plan: InformationPlan,
  covariance: Matrix,
  options: Pick<FitOptions, 'signal'>,
): (fit: GgmFit) => number {
  const data = { covariance, sampleCount: plan.sampleCount };
  if (!plan.refit) return (fit) => valueOf(plan, fit, data);
  let last: { readonly edges: readonly number[]; readonly value: number } | undefined;
  return (fit) => {
    const edges = edgesOf(fit.delta);
    if (last === undefined || !sameList(edges, last.edges)) {
      const refitted = maximumLikelihood(fit, covariance, options);
      last = { edges, value: refitted === undefined ? Infinity : valueOf(plan, refitted, data) };
    }
    return last.value;
  };
}

function valueOf({ criterion, gamma }: InformationPlan, fit: GgmFit, data: CriterionData): number {
  switch (criterion) {
    case 'aic':
      return aic(fit, data);
    case 'bic':
      return bic(fit, data);
    case 'ebic':
      return ebic(fit, data, gamma);
  }
}

function maximumLikelihood(
  fit: GgmFit,
  covariance: Matrix,
  { signal }: Pick<FitOptions, 'signal'>,
): GgmFit | undefined {
  try {
    // At refit's own tolerance: the likelihood's error is of the second order in it
    const refitted = refit(fit, covariance, signal === undefined ? {} : { signal });
    return refitted.status === 'converged' ? refitted : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function edgesOf(delta: Matrix): number[] {
  const edges: number[] = [];
  forEachEdge(delta, (place) => edges.push(place));
  return edges;
}

const sameList = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);
