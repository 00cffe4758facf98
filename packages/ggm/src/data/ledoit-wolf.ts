/**
 * The covariance matrix shrunk towards a multiple of the identity, Σ* = (1 − α) S + α μ I with μ = tr(S)/p, by the α
 * that minimises the expected squared error:
 *
 *   α = min(b², d²) / d²,   d² = ‖S − μI‖²_F,   b² = n⁻² Σ_k ‖x_k x_kᵀ − S‖²_F
 *
 * (Ledoit & Wolf, J. Multivariate Anal. 88, 2004, lemmas 3.2–3.4). As there, S divides by n. The common factor 1/p of
 * their norm cancels. Σ* is positive definite whenever α > 0. It is not indifferent to the columns' units: where they
 * differ, `schaeferStrimmer` shrinks on the correlation scale.
 */
import type { Matrix } from '@ggm-peft/linalg';
import { requireCompleteSamples } from './check-samples.js';
import { centred } from './columns.js';
import { covariance } from './covariance.js';
import type { ShrunkCovariance } from './estimate.js';

/**
 * Ledoit and Wolf's shrinkage. A constant column correlates with nothing and has the variance α μ.
 *
 * @param samples X [n, p], finite; n ≥ 2. Not modified.
 * @throws RangeError on fewer than 2 samples or an entry that is not finite (row and column are named).
 */
export function ledoitWolf(samples: Matrix): ShrunkCovariance {
  requireCompleteSamples('ledoitWolf', samples);
  const estimate = covariance(samples, { ddof: 0 });
  const { covariance: s, sampleCount: n } = estimate;
  const p = s.rows;
  let trace = 0;
  for (let j = 0; j < p; j++) trace += s.data[j * p + j] ?? 0;
  const mu = trace / p;
  let spread = 0; // d²
  let squares = 0; // ‖S‖²_F
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const value = s.data[i * p + j] ?? 0;
      squares += value ** 2;
      spread += (i === j ? value - mu : value) ** 2;
    }
  }
  // Σ_k ‖x_k x_kᵀ − S‖² = Σ_k ‖x_k‖⁴ − n ‖S‖²: no pass over pairs.
  const error = Math.max(0, (sumOfFourthPowers(centred(samples)) / n - squares) / n); // b²
  const intensity = spread === 0 ? 0 : Math.min(1, error / spread);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const k = i * p + j;
      s.data[k] = (1 - intensity) * (s.data[k] ?? 0) + (i === j ? intensity * mu : 0);
    }
  }
  return { ...estimate, intensity };
}

/** Σ_k ‖x_k‖⁴ over the rows of X. */
function sumOfFourthPowers(x: Matrix): number {
  let sum = 0;
  for (let k = 0; k < x.rows; k++) {
    const row = x.row(k);
    let square = 0;
    for (let i = 0; i < row.length; i++) square += (row[i] ?? 0) ** 2;
    sum += square * square;
  }
  return sum;
}
