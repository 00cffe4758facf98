/** What every estimator of this folder makes of samples, so that any of them can stand before `fitGgm` or `selectTau`. */
import type { Matrix } from '@ggm-peft/linalg';

/** An estimate of the covariance (or correlation) matrix of the columns of samples. */
export interface CovarianceEstimate {
  /** S [p, p], symmetric. */
  readonly covariance: Matrix;
  /** n: samples that it rests on. */
  readonly sampleCount: number;
  /** Columns that do not vary, ascending; what becomes of them is said at each estimator. */
  readonly constantColumns: readonly number[];
}

/** A shrunk covariance (or correlation) matrix and how much it was shrunk. */
export interface ShrunkCovariance extends CovarianceEstimate {
  /** α in [0, 1]. */
  readonly intensity: number;
}

/** Samples [n, p] to S [p, p]; every estimator here is one, alone or with its options bound. */
export type Estimator = (samples: Matrix) => Pick<CovarianceEstimate, 'covariance'>;
