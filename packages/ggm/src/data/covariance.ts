/** The sample covariance matrix S = Σ_k (x_k − x̄)(x_k − x̄)ᵀ / (n − ddof) and the sample correlation matrix. */
import { checkOptions, gram, transpose } from '@ggm-peft/linalg';
import type { Matrix } from '@ggm-peft/linalg';
import { requireCompleteSamples } from './check-samples.js';
import { centred, columnDeviations, constantColumns, standardised } from './columns.js';
import type { CovarianceEstimate } from './estimate.js';
import { shrinkCorrelation } from './schaefer-strimmer.js';

/** Options of {@link covariance}. */
export interface CovarianceOptions {
  /** What is taken from n in the divisor, in [0, n): 1 (the default) is unbiased, 0 is maximum likelihood. */
  readonly ddof?: number;
}

/**
 * The sample covariance matrix. It has rank n − 1 at most: with n ≤ p, shrink it or penalise every entry.
 *
 * A constant column has a row and a column of exact zeros, and `fitGgm` will ask to leave it out.
 *
 * @param samples X [n, p], finite; n ≥ 2. Not modified.
 * @throws RangeError on fewer than 2 samples, an entry that is not finite (row and column are named), or a bad ddof.
 */
export function covariance(samples: Matrix, options: CovarianceOptions = {}): CovarianceEstimate {
  checkOptions('covariance', options, ['ddof']);
  const { ddof = 1 } = options;
  requireCompleteSamples('covariance', samples);
  const n = samples.rows;
  requireDdof('covariance', ddof, n);
  const constant = constantColumns(columnDeviations(samples));
  const x = centred(samples);
  for (const j of constant) {
    for (let k = 0; k < n; k++) x.data[k * x.cols + j] = 0;
  }
  const s = gram(transpose(x)); // [p, p]
  for (let k = 0; k < s.data.length; k++) s.data[k] = (s.data[k] ?? 0) / (n - ddof);
  return { covariance: s, sampleCount: n, constantColumns: constant };
}

/**
 * The sample (Pearson) correlation matrix, with an exact unit diagonal. A constant column correlates with nothing.
 *
 * @param samples X [n, p], finite; n ≥ 2. Not modified.
 * @throws RangeError on fewer than 2 samples or an entry that is not finite (row and column are named).
 */
export function correlation(samples: Matrix): CovarianceEstimate {
  requireCompleteSamples('correlation', samples);
  const deviations = columnDeviations(samples);
  return {
    covariance: shrinkCorrelation(standardised(samples, deviations), 0).correlation,
    sampleCount: samples.rows,
    constantColumns: constantColumns(deviations),
  };
}

/** Checks that ddof lies in [0, n). */
export function requireDdof(caller: string, ddof: number, n: number): void {
  if (!(ddof >= 0 && ddof < n)) {
    throw new RangeError(`${caller}: ddof must lie in [0, n) = [0, ${n}); got ${ddof}`);
  }
}
