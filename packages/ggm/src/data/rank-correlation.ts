/**
 * Correlation from ranks. Where monotone transformations of the variables are jointly normal, with correlation ρ, the
 * population's rank correlations fix it whatever the transformations are:
 *
 *   ρ = 2 sin(π ρ_S / 6)  (Spearman),   ρ = sin(π τ / 2)  (Kendall)
 *
 * (Liu, Han, Yuan, Lafferty & Wasserman, Ann. Statist. 40, 2012: the nonparanormal SKEPTIC). The answer does not change
 * under increasing transformations of a column, and outliers weigh little. It need not be positive definite; it is
 * then replaced by the nearest correlation matrix that is. Ties, which that theory does not have: average ranks, and τ_b.
 */
import { checkOptions, Matrix } from '@ggm-peft/linalg';
import { requireCompleteSamples } from './check-samples.js';
import { columnDeviations, constantColumns } from './columns.js';
import { correlation } from './covariance.js';
import type { CovarianceEstimate } from './estimate.js';
import { kendallMatrix } from './kendall.js';
import { nearestPositiveDefinite, type NearestPositiveDefinite } from './nearest-positive-definite.js';
import { averageRanks } from './ranks.js';

/** Options of {@link rankCorrelation}. */
export interface RankCorrelationOptions {
  /** Default `spearman`; `kendall` resists outliers better and costs O(p² n log n). */
  readonly kind?: 'spearman' | 'kendall';
  /** The least eigenvalue that the answer is to have, in [0, 1]; default 1e-6. */
  readonly leastEigenvalue?: number;
}

/** A rank correlation matrix, and what was done to make it positive definite. */
export interface RankCorrelation extends CovarianceEstimate {
  /** The step to a positive definite matrix; `repair.distance` is 0 where none was needed. */
  readonly repair: Omit<NearestPositiveDefinite, 'matrix'>;
}

/**
 * The correlation matrix estimated from ranks. A constant column correlates with nothing.
 *
 * @param samples X [n, p], finite; n ≥ 2. Not modified.
 * @throws RangeError on fewer than 2 samples, an entry that is not finite (row and column are named), or a bad option.
 */
export function rankCorrelation(samples: Matrix, options: RankCorrelationOptions = {}): RankCorrelation {
  checkOptions('rankCorrelation', options, ['kind', 'leastEigenvalue']);
  const { kind = 'spearman', leastEigenvalue = 1e-6 } = options;
  requireKind(kind);
  requireCompleteSamples('rankCorrelation', samples);
  const raw = kind === 'spearman' ? spearmanMatrix(samples) : kendallMatrix(samples);
  const transform =
    kind === 'spearman'
      ? (r: number) => 2 * Math.sin((Math.PI * r) / 6)
      : (tau: number) => Math.sin((Math.PI * tau) / 2);
  const p = raw.rows;
  const latent = new Matrix(
    p,
    p,
    raw.data.map((value, k) => (k % (p + 1) === 0 ? 1 : transform(value))),
  );
  const { matrix, ...repair } = nearestPositiveDefinite(latent, { kind: 'correlation', leastEigenvalue });
  return {
    covariance: matrix,
    sampleCount: samples.rows,
    constantColumns: constantColumns(columnDeviations(samples)),
    repair,
  };
}

/** Pearson's correlation of the columns' average ranks. */
function spearmanMatrix(samples: Matrix): Matrix {
  const ranks = Matrix.zeros(samples.rows, samples.cols);
  for (let j = 0; j < samples.cols; j++) {
    averageRanks(samples.column(j)).forEach((rank, i) => (ranks.data[i * samples.cols + j] = rank));
  }
  return correlation(ranks).covariance;
}

function requireKind(kind: string): void {
  if (kind !== 'spearman' && kind !== 'kendall') {
    throw new RangeError(`rankCorrelation: kind must be "spearman" or "kendall"; got "${kind}"`);
  }
}
