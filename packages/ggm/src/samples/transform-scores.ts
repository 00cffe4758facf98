/**
 * From raw scores to what the model is fitted on. Two ways:
 *
 * `correlation` (default): log scores, columns standardised, correlation matrix shrunk towards the identity. λ and τ
 * then do not depend on the scores' scale, and n < p is no obstacle.
 *
 * `authors`: log scores, each row scaled to unit ℓ2 norm, columns centred, S = XᵀX/(n − 1). Entries are near 1e-6 and
 * n ≤ p makes S singular; it is here for comparison with the published results.
 */
import { checkOptions, euclideanNorm, gram, transpose, type Matrix } from '@ggm-peft/linalg';
import { centred, standardised } from '../data/columns.js';
import { shrinkCorrelation } from '../data/schaefer-strimmer.js';
import { logScores } from './log-scores.js';

/** The transforms by name. */
export type ScoreTransform = 'correlation' | 'authors';

/** Transformed samples and their covariance. */
export interface TransformedScores {
  /** X [n, p] before centring: log scores, for `authors` with unit rows. Important nodes have the largest means. */
  readonly samples: Matrix;
  /** S [p, p]. */
  readonly covariance: Matrix;
  /** α of the shrinkage; 0 for `authors`, which does not shrink. */
  readonly shrinkage: number;
}

/** Options of {@link transformScores}. */
export interface TransformOptions {
  /** Default `correlation`. */
  readonly transform?: ScoreTransform;
  /** α in [0, 1] for `correlation`; default: estimated (Schäfer & Strimmer 2005), at least 0.001. */
  readonly shrinkage?: number;
}

/**
 * Transforms scores and computes their covariance. A constant column becomes uncorrelated with everything
 * (`correlation`) or a zero row and column (`authors`, up to the row scaling). Exact zeros count as log = −200.
 *
 * @param scores [n, p], not negative: one row a sample, one column a node; n ≥ 2. Not modified.
 * @throws RangeError on fewer than 2 samples, negative or NaN scores, or an intensity out of range.
 */
export function transformScores(scores: Matrix, options: TransformOptions = {}): TransformedScores {
  checkOptions('transformScores', options, ['transform', 'shrinkage']);
  const { transform = 'correlation', shrinkage } = options;
  const logs = logScores('transformScores', scores);
  if (transform === 'authors') {
    if (shrinkage !== undefined) {
      throw new RangeError(
        `transformScores: shrinkage applies to "correlation" only; got it with "${transform}"`,
      );
    }
    const samples = unitRows(logs);
    const covariance = gram(transpose(centred(samples)));
    for (let k = 0; k < covariance.data.length; k++) {
      covariance.data[k] = (covariance.data[k] ?? 0) / (scores.rows - 1);
    }
    return { samples, covariance, shrinkage: 0 };
  }
  const { correlation, intensity } = shrinkCorrelation(standardised(logs), shrinkage);
  return { samples: logs, covariance: correlation, shrinkage: intensity };
}

/** Each row divided by its ℓ2 norm; a row of zeros stays. */
function unitRows(x: Matrix): Matrix {
  const result = x.clone();
  for (let i = 0; i < x.rows; i++) {
    const row = result.row(i);
    const norm = euclideanNorm(row);
    if (norm > 0) row.forEach((value, j) => (row[j] = value / norm));
  }
  return result;
}
