import type { Metric } from './metric.js';
import { pearson } from './pearson.js';

/**
 * Spearman correlation of two lists of scores: the Pearson correlation of their ranks, equal scores sharing the mean of
 * their ranks; in -1..1. NaN when either list is constant (or has one element) or holds a NaN.
 */
export const spearman: Metric = (predictions, labels) => pearson(ranks(predictions), ranks(labels));

/** Ranks from 1; NaN throughout if a value is NaN, which has no place in an order. */
function ranks(values: ArrayLike<number>): Float64Array {
  const scores = Float64Array.from(values);
  const result = new Float64Array(values.length);
  if (scores.some(Number.isNaN)) return result.fill(NaN);
  const order = Array.from(scores.keys()).sort((i, j) => (scores[i] ?? 0) - (scores[j] ?? 0));
  let start = 0;
  while (start < order.length) {
    const value = scores[order[start] ?? 0];
    let end = start + 1;
    while (end < order.length && scores[order[end] ?? 0] === value) end++;
    const shared = (start + 1 + end) / 2; // the mean of ranks start+1 .. end
    for (const i of order.slice(start, end)) result[i] = shared;
    start = end;
  }
  return result;
}
