/** The options of `selectTau`, checked and completed. */
import { checkOptions, type Matrix } from '@ggm-peft/linalg';
import { correlation } from '../data/covariance.js';
import type { Estimator } from '../data/estimate.js';
import { defaultGamma, requireGamma, requireSampleCount, type InformationCriterion } from './criteria.js';
import { PATH_KEYS, type PathOptions } from './path.js';
import { defaultSubsampleSize } from './stars.js';
import type { TauCriterion } from './tau-selection.js';

/** EBIC, BIC or AIC. */
export interface InformationOptions extends PathOptions {
  /** Default `ebic`. */
  readonly criterion?: InformationCriterion;
  /** γ of EBIC, in [0, 1]; default 0.25. */
  readonly gamma?: number;
  /**
   * Whether graphs are judged by their maximum likelihood, each refitted without the penalty (`refit`), or by that of the
   * penalised estimate, which blames on a graph what the penalty took from its edges. Default true.
   */
  readonly refit?: boolean;
  /** What makes S of samples, where they are given; default `correlation`. */
  readonly estimator?: Estimator;
}

/** k-fold cross-validation. */
export interface CrossValidationOptions extends PathOptions {
  readonly criterion: 'cv';
  /** k, an integer in 2..n/2, for a fold needs two samples; default 5. */
  readonly folds?: number;
  /** Decides the folds; a safe integer, default 0. */
  readonly seed?: number;
  /** What makes S of all samples, and of each part; default `correlation`. One that shrinks also judges by a shrunk S. */
  readonly estimator?: Estimator;
}

/** StARS. */
export interface StarsOptions extends PathOptions {
  readonly criterion: 'stars';
  /** β, the instability allowed, in (0, 0.5); default 0.05, as in the paper. 0.1, another common choice, gives denser graphs. */
  readonly instability?: number;
  /** N, an integer in 2..1000; default 20. */
  readonly subsamples?: number;
  /** b, an integer in 2..n − 1; default ⌊10 √n⌋, for n ≤ 144 ⌊0.8 n⌋. */
  readonly subsampleSize?: number;
  /** Decides the subsamples; a safe integer, default 0. */
  readonly seed?: number;
  /** What makes S of all samples, and of each subsample; default `correlation`. */
  readonly estimator?: Estimator;
}

/** Options of `selectTau`. */
export type SelectTauOptions = InformationOptions | CrossValidationOptions | StarsOptions;

/** What is to be done, complete. */
export type Plan =
  | {
      readonly criterion: InformationCriterion;
      readonly gamma: number;
      readonly refit: boolean;
      readonly sampleCount: number;
      readonly rounds: 0;
    }
  | {
      readonly criterion: 'cv';
      readonly samples: Matrix;
      readonly seed: number;
      /** Folds. */
      readonly rounds: number;
    }
  | {
      readonly criterion: 'stars';
      readonly samples: Matrix;
      readonly seed: number;
      /** Subsamples. */
      readonly rounds: number;
      readonly subsampleSize: number;
      readonly allowed: number;
    };

const OWN_KEYS: Readonly<Record<TauCriterion, readonly string[]>> = {
  ebic: ['gamma', 'refit'],
  bic: ['refit'],
  aic: ['refit'],
  cv: ['folds', 'seed'],
  stars: ['instability', 'subsamples', 'subsampleSize', 'seed'],
};

/** The checked plan for samples or a number of samples. */
export function planOf(options: SelectTauOptions, data: Matrix | number): Plan {
  const { criterion = 'ebic' } = options;
  if (!Object.keys(OWN_KEYS).includes(criterion)) {
    throw new RangeError(
      `selectTau: criterion must be one of ${Object.keys(OWN_KEYS).join(', ')}; got "${criterion}"`,
    );
  }
  checkOptions('selectTau', options, [...PATH_KEYS, 'criterion', 'estimator', ...OWN_KEYS[criterion]]);
  if (options.criterion === 'cv')
    return crossValidationPlan(options, requireSamples(options.criterion, data));
  if (options.criterion === 'stars') return starsPlan(options, requireSamples(options.criterion, data));
  const { criterion: name = 'ebic', gamma = defaultGamma, refit = true } = options;
  requireGamma('selectTau', gamma);
  if (typeof refit !== 'boolean') {
    throw new TypeError(`selectTau: refit must be true or false; got ${String(refit)}`);
  }
  const sampleCount = typeof data === 'number' ? data : data.rows;
  requireSampleCount('selectTau', sampleCount);
  return { criterion: name, gamma, refit, sampleCount, rounds: 0 };
}

function crossValidationPlan({ folds = 5, seed = 0 }: CrossValidationOptions, samples: Matrix): Plan {
  requireInteger('folds', folds, 2, Math.floor(samples.rows / 2));
  return { criterion: 'cv', samples, seed, rounds: folds };
}

function starsPlan(options: StarsOptions, samples: Matrix): Plan {
  const { instability = 0.05, subsamples = 20, seed = 0 } = options;
  const { subsampleSize = defaultSubsampleSize(samples.rows) } = options;
  if (!(instability > 0 && instability < 0.5)) {
    throw new RangeError(`selectTau: instability must lie between 0 and 0.5; got ${instability}`);
  }
  requireInteger('subsamples', subsamples, 2, 1000);
  requireInteger('subsampleSize', subsampleSize, 2, samples.rows - 1);
  return { criterion: 'stars', samples, seed, rounds: subsamples, subsampleSize, allowed: instability };
}

/** S of the whole: given with a number of samples, or made of the samples. */
export function wholeCovariance(
  given: Matrix | undefined,
  data: Matrix | number,
  { estimator = correlation }: SelectTauOptions,
): Matrix {
  if (typeof data !== 'number') {
    if (given === undefined) return estimator(data).covariance;
    throw new RangeError(
      'selectTau: covariance goes with a number of samples; of samples the estimator makes it; got both',
    );
  }
  if (given === undefined) {
    throw new RangeError(
      'selectTau: covariance must be given where the samples are not; got a number of samples',
    );
  }
  return given;
}

function requireSamples(criterion: string, data: Matrix | number): Matrix {
  if (typeof data !== 'number') return data;
  throw new RangeError(
    `selectTau: criterion "${criterion}" fits parts of the samples and needs them [n, p]; got their number, ${data}`,
  );
}

function requireInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`selectTau: ${name} must be an integer in ${least}..${most}; got ${value}`);
  }
}
