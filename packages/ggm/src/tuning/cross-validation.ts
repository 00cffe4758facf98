/**
 * k-fold cross-validation: for each fold, a path on the other samples, judged by the Gaussian log-likelihood of the fold,
 *
 *   ½ (log det Ω_train(τ) − tr(S_test Ω_train(τ)))  a sample, without its constant.
 *
 * S_test is what the estimator makes of the fold alone, so a correlation estimator standardises each part by itself.
 * Likelihood is about prediction: the graph that it chooses is denser than the true one, as a rule.
 */
import { selectRows } from '../data/rows.js';
import { likelihoodPerSample } from './criteria.js';
import { randomFolds } from './folds.js';
import { walkPath } from './path.js';
import type { Resampling } from './resampling.js';

/** Minus the held-out log-likelihood of a sample at each τ, and its standard error over the folds. */
export interface HeldOutScores {
  readonly values: Float64Array;
  readonly standardErrors: Float64Array;
}

/**
 * Judges `taus`. Where `signal` ends it early, the scores rest on the folds that were finished; NaN if none was.
 */
export function crossValidate(resampling: Resampling, folds: number): HeldOutScores {
  const { input, samples, estimator, taus, fitOptions, seed, onFit } = resampling;
  const finished: { size: number; losses: number[] }[] = [];
  for (const { train, test } of randomFolds(samples.rows, folds, seed)) {
    const { covariance } = estimator(selectRows(samples, train));
    const held = estimator(selectRows(samples, test)).covariance;
    const losses: number[] = [];
    for (const point of walkPath({ ...input, covariance }, taus, fitOptions)) {
      losses.push(-likelihoodPerSample(point.fit.omega, held) / 2);
      onFit(point);
    }
    if (fitOptions.signal?.aborted === true) break;
    finished.push({ size: test.length, losses });
  }
  const count = finished.reduce((sum, { size }) => sum + size, 0);
  const values = new Float64Array(taus.length);
  const standardErrors = new Float64Array(taus.length);
  for (let t = 0; t < taus.length; t++) {
    let mean = 0;
    for (const { size, losses } of finished) mean += (size / count) * (losses[t] ?? Number.NaN);
    let square = 0;
    for (const { losses } of finished) square += ((losses[t] ?? Number.NaN) - mean) ** 2;
    values[t] = finished.length > 0 ? mean : Number.NaN;
    standardErrors[t] = Math.sqrt(square / (finished.length - 1) / finished.length);
  }
  return { values, standardErrors };
}
