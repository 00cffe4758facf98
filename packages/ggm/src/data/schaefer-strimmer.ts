/**
 * Shrinking a sample correlation matrix towards the identity, R* = (1 − α) R + α I, with the intensity that minimises
 * the expected squared error:
 *
 *   α = Σ_{i≠j} Var(r_ij) / Σ_{i≠j} r_ij²,   Var(r_ij) = n/(n−1)³ Σ_k (w_kij − w̄_ij)²,   w_kij = z_ki z_kj
 *
 * for standardised samples z (Schäfer & Strimmer, Stat. Appl. Genet. Mol. Biol. 4(1), 2005, art. 32, target D on the
 * correlation scale; the intensity after Ledoit & Wolf 2004). α is clipped to [floor, 1].
 *
 * The formula takes samples as independent. Scores of successive training steps are not, so α is rather too small for
 * them; the floor keeps R* positive definite in every case (its smallest eigenvalue is at least α).
 */
import { checkOptions, gram, transpose, type Matrix } from '@ggm-peft/linalg';
import { requireCompleteSamples } from './check-samples.js';
import { columnDeviations, constantColumns, standardised } from './columns.js';
import type { ShrunkCovariance } from './estimate.js';

/** A shrunk correlation matrix and how much it was shrunk. */
export interface ShrunkCorrelation {
  /** R* [p, p]: unit diagonal, positive definite. */
  readonly correlation: Matrix;
  /** α in (0, 1]. */
  readonly intensity: number;
}

/** The least α: R* is then positive definite whatever the samples. */
export const INTENSITY_FLOOR = 1e-3;

/**
 * Correlates and shrinks.
 *
 * @param standardised z [n, p]: every column has mean 0 and Σ z² = n − 1, or is all zeros (a constant node, which then
 *   correlates with nothing).
 * @param intensity α in [0, 1] to use instead of the estimate; 0 leaves R as it is.
 */
export function shrinkCorrelation(standardised: Matrix, intensity?: number): ShrunkCorrelation {
  if (intensity !== undefined && !(intensity >= 0 && intensity <= 1)) {
    throw new RangeError(`shrinkCorrelation: intensity must lie in [0, 1]; got ${intensity}`);
  }
  const n = standardised.rows;
  const p = standardised.cols;
  const correlation = gram(transpose(standardised));
  for (let k = 0; k < correlation.data.length; k++)
    correlation.data[k] = (correlation.data[k] ?? 0) / (n - 1);
  const alpha =
    intensity ?? Math.min(1, Math.max(INTENSITY_FLOOR, estimateIntensity(standardised, correlation)));
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const k = i * p + j;
      correlation.data[k] = i === j ? 1 : (1 - alpha) * (correlation.data[k] ?? 0);
    }
  }
  return { correlation, intensity: alpha };
}

/** Options of {@link schaeferStrimmer}. */
export interface SchaeferStrimmerOptions {
  /** α in [0, 1] to use instead of the estimate. */
  readonly intensity?: number;
}

/**
 * The shrunk correlation matrix of raw samples: {@link shrinkCorrelation} of the standardised columns. A constant
 * column correlates with nothing.
 *
 * @param samples X [n, p], finite; n ≥ 2. Not modified.
 * @throws RangeError on fewer than 2 samples, an entry that is not finite (row and column are named), or an intensity
 *   out of range.
 */
export function schaeferStrimmer(samples: Matrix, options: SchaeferStrimmerOptions = {}): ShrunkCovariance {
  checkOptions('schaeferStrimmer', options, ['intensity']);
  requireCompleteSamples('schaeferStrimmer', samples);
  const deviations = columnDeviations(samples);
  const { correlation, intensity } = shrinkCorrelation(standardised(samples, deviations), options.intensity);
  return {
    covariance: correlation,
    sampleCount: samples.rows,
    constantColumns: constantColumns(deviations),
    intensity,
  };
}

/** α before clipping; 1 where no pair of nodes is correlated at all. */
function estimateIntensity(standardised: Matrix, correlation: Matrix): number {
  const { rows: n, cols: p, data: z } = standardised;
  // Σ_{i≠j} Σ_k w_kij² = Σ_k ((Σ_i z_ki²)² − Σ_i z_ki⁴): no pass over pairs.
  let products = 0;
  for (let k = 0; k < n; k++) {
    let squares = 0;
    let fourths = 0;
    for (let i = 0; i < p; i++) {
      const square = (z[k * p + i] ?? 0) ** 2;
      squares += square;
      fourths += square * square;
    }
    products += squares * squares - fourths;
  }
  let correlations = 0;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < i; j++) correlations += 2 * (correlation.data[i * p + j] ?? 0) ** 2;
  }
  if (correlations === 0) return 1;
  // w̄_ij = r_ij (n − 1)/n, hence Σ_k (w − w̄)² = Σ_k w² − r² (n − 1)²/n.
  const variances = (n / (n - 1) ** 3) * (products - (correlations * (n - 1) ** 2) / n);
  return variances / correlations;
}
