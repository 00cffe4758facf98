/**
 * Matthews correlation of two lists of class indices, any number of classes:
 *
 *   (c·n − Σ_k p_k t_k) / √((n² − Σ_k p_k²)(n² − Σ_k t_k²))
 *
 * with n examples, c of them right, p_k predicted as class k and t_k of class k (Gorodkin 2004, R_K); for two classes it is
 * the usual (TP·TN − FP·FN)/√(...). 0 when the predictions or the labels are all one class, as in scikit-learn.
 */
import type { Metric } from './metric.js';

export const matthewsCorrelation: Metric = (predictions, labels) => {
  const predicted = count(predictions);
  const actual = count(labels);
  const n = labels.length;
  let right = 0;
  for (let i = 0; i < n; i++) if (predictions[i] === labels[i]) right++;
  let chance = 0;
  for (const [label, times] of actual) chance += times * (predicted.get(label) ?? 0);
  const spread = (n * n - sumOfSquares(predicted)) * (n * n - sumOfSquares(actual));
  return spread === 0 ? 0 : (right * n - chance) / Math.sqrt(spread);
};

function count(values: ArrayLike<number>): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

function sumOfSquares(counts: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const times of counts.values()) sum += times * times;
  return sum;
}
