/**
 * Choosing τ: one path on all samples, and a criterion that picks from it.
 *
 *   `ebic` (default), `bic`, `aic`   the least value; see criteria.ts
 *   `cv`                             the best held-out likelihood; see cross-validation.ts
 *   `stars`                          the densest stable graph; see stars.ts
 *
 * EBIC suits finding the graph, cross-validation suits prediction, StARS asks for no likelihood. All of them are
 * deterministic: the same samples, options and seed give the same answer.
 */
import type { Matrix } from '@ggm-peft/linalg';
import { correlation } from '../data/covariance.js';
import { ggmProblem } from '../problem/ggm-problem.js';
import type { GgmFit } from '../solvers/solve.js';
import { crossValidate } from './cross-validation.js';
import { informationScore } from './information-score.js';
import { walkPath, type PathPoint } from './path.js';
import { fitOptionsOf, type GgmPathInput } from './path-input.js';
import { countPenalisedPairs, isNull } from './penalised.js';
import type { Resampling } from './resampling.js';
import {
  planOf,
  wholeCovariance,
  type InformationOptions,
  type Plan,
  type SelectTauOptions,
} from './select-tau-options.js';
import { instabilities, subsampleTauMax } from './stars.js';
import { tauGrid } from './tau-grid.js';
import { verdict, type TauScore, type TauSelection } from './tau-selection.js';

/** Scores that do not depend on the path over all samples, and the place that they choose. */
interface Judgement {
  readonly values: Float64Array;
  readonly standardErrors?: Float64Array;
  readonly index: number;
}

/**
 * Chooses τ for a covariance matrix of `data` = n samples, by EBIC, BIC or AIC.
 *
 * @param input the problem but for τ.
 * @param data n; an effective number where samples are not independent.
 * @param options criterion, gamma, and those of `fitPath`.
 * @throws RangeError on a bad problem, n or option, TypeError on an unknown option.
 */
export function selectTau(input: GgmPathInput, data: number, options?: InformationOptions): TauSelection;
/**
 * Chooses τ for samples, by any criterion.
 *
 * @param input the problem but for τ and S, which `estimator` makes of the samples.
 * @param data X [n, p]: one row a sample; what else it may hold is the estimator's affair.
 * @param options criterion and its own options, `estimator`, and those of `fitPath`. `onFit` sees the paths on parts of
 *   the samples as well; `total` counts all fits.
 * @throws RangeError on a bad problem, samples or option, TypeError on an unknown option.
 */
export function selectTau(
  input: Omit<GgmPathInput, 'covariance'>,
  data: Matrix,
  options?: SelectTauOptions,
): TauSelection;
export function selectTau(
  {
    covariance: given,
    ...input
  }: Omit<GgmPathInput, 'covariance'> & Partial<Pick<GgmPathInput, 'covariance'>>,
  data: Matrix | number,
  options: SelectTauOptions = {},
): TauSelection {
  const plan = planOf(options, data);
  const covariance = wholeCovariance(given, data, options);
  const path = { ...input, covariance };
  const problem = ggmProblem({ ...path, tau: 1 });
  const fitOptions = fitOptionsOf(options);
  const { estimator = correlation, signal, onFit } = options;
  const common = { input, estimator, fitOptions };
  const { taus, start } = tauGrid('selectTau', path, options, fitOptions, () => gridTop(plan, common));
  let done = 0;
  const report = (point: PathPoint): void => {
    done++;
    onFit?.(point, { done, total: taus.length * (plan.rounds + 1) });
  };
  const judgement = judge(plan, { ...common, taus, onFit: report }, () => countPenalisedPairs(problem));

  const score = 'gamma' in plan ? informationScore(plan, covariance, fitOptions) : undefined;
  const scores: TauScore[] = [];
  let kept: { readonly index: number; readonly fit: GgmFit; readonly value: number } | undefined;
  let beginsAtNull = false;
  for (const point of walkPath(path, taus, fitOptions, start)) {
    const { tau, fit, edges } = point;
    const index = scores.length;
    const value = judgement?.values[index] ?? score?.(fit) ?? Number.NaN;
    const error = judgement?.standardErrors?.[index];
    const standardError = error === undefined ? {} : { standardError: error };
    scores.push({ tau, value, ...standardError, edges, status: fit.status });
    // A choice made already is what is kept once the path gets there; until then the last fit.
    const isBetter = judgement === undefined ? value < (kept?.value ?? Infinity) : index <= judgement.index;
    if (kept === undefined || isBetter) kept = { index, fit, value };
    if (index === 0) beginsAtNull = isNull(problem, fit.delta);
    report(point);
  }
  if (kept === undefined) throw new Error('selectTau: a path has at least one point');
  const { index, fit } = kept;
  const tau = scores[index]?.tau ?? Number.NaN;
  const { criterion } = plan;
  const allowed = plan.criterion === 'stars' ? { allowed: plan.allowed } : {};
  const aborted = signal?.aborted === true;
  const choice = { index, fit, scores, criterion, aborted, beginsAtNull, ...allowed };
  return { tau, index, fit, covariance, scores, ...verdict(choice) };
}

/** What the first τ of a path has to be at least, where not the whole samples alone decide. */
function gridTop(plan: Plan, common: Pick<Resampling, 'input' | 'estimator' | 'fitOptions'>): number {
  if (plan.criterion !== 'stars') return 0;
  const { samples, seed, rounds: subsamples, subsampleSize } = plan;
  return subsampleTauMax({ ...common, samples, seed }, { subsamples, subsampleSize });
}

/** The scores of criteria that fit parts of the samples; undefined for the others. */
function judge(
  plan: Plan,
  parts: Omit<Resampling, 'samples' | 'seed'>,
  penalisedPairs: () => number,
): Judgement | undefined {
  switch (plan.criterion) {
    case 'cv': {
      const { samples, seed, rounds } = plan;
      const { values, standardErrors } = crossValidate({ ...parts, samples, seed }, rounds);
      // NaN, where nothing was judged, is never less: the first place stays.
      const index = values.reduce((best, value, at) => (value < (values[best] ?? 0) ? at : best), 0);
      return { values, standardErrors, index };
    }
    case 'stars': {
      const { samples, seed, rounds: subsamples, subsampleSize, allowed } = plan;
      const design = { subsamples, subsampleSize, penalisedPairs: penalisedPairs() };
      const values = instabilities({ ...parts, samples, seed }, design);
      // They never fall along the path.
      return { values, index: Math.max(0, values.filter((value) => value <= allowed).length - 1) };
    }
    case 'aic':
    case 'bic':
    case 'ebic':
      return undefined;
  }
}
