/**
 * StARS, stability approach to regularisation selection (Liu, Roeder & Wasserman, NeurIPS 2010): fit N random subsamples of
 * b samples, and measure how often they disagree about an edge,
 *
 *   ξ_ij(τ) = 2 θ_ij (1 − θ_ij),  θ_ij the share of subsamples whose graph has the edge,   D(τ) = mean of ξ_ij,
 *
 * made monotone from sparse to dense, D̄(τ) = max over τ' ≥ τ of D(τ'). The choice is the least τ with D̄ ≤ β: the densest
 * graph of those that are stable.
 *
 * Different on purpose: the mean runs over the pairs that the penalty can remove, which in the paper are all.
 */
import { selectRows } from '../data/rows.js';
import { forEachEdge } from './support.js';
import { randomSubsample } from './folds.js';
import { walkPath } from './path.js';
import { withoutObserver } from './path-input.js';
import type { Resampling } from './resampling.js';
import { tauMax } from './tau-max.js';

/** The subsamples. */
export interface StarsDesign {
  /** N. */
  readonly subsamples: number;
  /** b. */
  readonly subsampleSize: number;
  /** The number of pairs that the penalty can remove. */
  readonly penalisedPairs: number;
}

/** The paper's b = ⌊10 √n⌋; for n ≤ 144, where that is more than n or leaves nearly nothing out, ⌊0.8 n⌋. */
export function defaultSubsampleSize(sampleCount: number): number {
  return Math.floor(sampleCount > 144 ? 10 * Math.sqrt(sampleCount) : 0.8 * sampleCount);
}

/**
 * The largest τ_max of the subsamples: from there on all their graphs are empty and agree, so that the first graph of a
 * path that begins there is stable.
 */
export function subsampleTauMax(
  { input, samples, estimator, fitOptions, seed }: Omit<Resampling, 'taus' | 'onFit'>,
  { subsamples, subsampleSize }: Pick<StarsDesign, 'subsamples' | 'subsampleSize'>,
): number {
  let largest = 0;
  for (let round = 0; round < subsamples && fitOptions.signal?.aborted !== true; round++) {
    const rows = randomSubsample(samples.rows, subsampleSize, seed, round);
    const { covariance } = estimator(selectRows(samples, rows));
    largest = Math.max(largest, tauMax({ ...input, covariance }, withoutObserver(fitOptions)).tau);
  }
  return largest;
}

/**
 * D̄ at each τ. Where `signal` ends it early, it rests on the subsamples that were finished; NaN if there were less than two.
 */
export function instabilities(resampling: Resampling, design: StarsDesign): Float64Array {
  const { input, samples, estimator, taus, fitOptions, seed, onFit } = resampling;
  const p = samples.cols;
  const appearances = taus.map(() => new Uint16Array(p * p)); // [i, j], i < j
  let rounds = 0;
  for (; rounds < design.subsamples; rounds++) {
    const rows = randomSubsample(samples.rows, design.subsampleSize, seed, rounds);
    const { covariance } = estimator(selectRows(samples, rows));
    const graphs: number[][] = [];
    for (const point of walkPath({ ...input, covariance }, taus, fitOptions)) {
      const graph: number[] = [];
      forEachEdge(point.fit.delta, (place) => graph.push(place));
      graphs.push(graph);
      onFit(point);
    }
    if (fitOptions.signal?.aborted === true) break;
    graphs.forEach((graph, t) => {
      const counts = appearances[t] ?? new Uint16Array();
      for (const place of graph) counts[place] = (counts[place] ?? 0) + 1;
    });
  }
  let largest = rounds < 2 ? Number.NaN : 0;
  return Float64Array.from(appearances, (counts) => {
    let sum = 0;
    for (const count of counts) sum += 2 * (count / rounds) * (1 - count / rounds);
    largest = Math.max(largest, sum / design.penalisedPairs);
    return largest;
  });
}
