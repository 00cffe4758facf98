/** The names of the metrics, spelt as Hugging Face's `evaluate` does, and the shape that they share. */
export const metricNames = ['accuracy', 'f1', 'matthews_correlation', 'pearson', 'spearman'] as const;

export type MetricName = (typeof metricNames)[number];

/**
 * A number that says how well `predictions` fit `labels` (two lists of equal length, at least 1); higher is better.
 * NaN where the metric is undefined. Unchecked: `computeMetrics` checks.
 */
export type Metric = (predictions: ArrayLike<number>, labels: ArrayLike<number>) => number;
