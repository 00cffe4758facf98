/**
 * The maximum likelihood estimate with a given graph (Dempster, Biometrics 28, 1972): the zeros of a fit's Δ stay, and
 * nothing else is penalised. A penalty shrinks the edges that it keeps, ℓ1 most of all; an information criterion at the
 * refitted Ω judges the graph alone:
 *
 *   ebic(refit(fit, covariance), { covariance, sampleCount })
 */
import { l1Penalty, Matrix } from '@ggm-peft/linalg';
import { fitGgm, type FitOptions } from '../fit-ggm.js';
import type { GgmFit } from '../solvers/solve.js';
import { forEachEdge } from './support.js';

/**
 * Fits Ω to a covariance with the zeros of an earlier fit and no penalty.
 *
 * @param fit its Δ gives the graph: an edge where δ_ij and δ_ji are not zero.
 * @param covariance S [p, p], what the fit was made for; where the graph has large complete parts and there are few
 *   samples the estimate does not exist, and the status or an error says so.
 * @param options as for `fitGgm`; default tolerance 1e-5.
 * @throws RangeError when S is not definite enough on the graph's complete parts.
 */
export function refit(fit: Pick<GgmFit, 'delta'>, covariance: Matrix, options: FitOptions = {}): GgmFit {
  const p = covariance.rows;
  const weights = new Matrix(p, p, new Float64Array(p * p).fill(Infinity));
  for (let i = 0; i < p; i++) weights.data[i * p + i] = 0;
  forEachEdge(fit.delta, (place) => {
    weights.data[place] = 0;
    weights.data[(place % p) * p + Math.floor(place / p)] = 0;
  });
  // τ weighs nothing here: every weight is 0 or ∞. It must be positive for ∞ to count as a constraint alone.
  return fitGgm({ covariance, penalty: l1Penalty(), tau: 1, structure: 'entries', weights }, options);
}
