/** A task's official metrics of a list of predictions. */
import { GlueError } from '../error.js';
import type { Task } from '../task.js';
import { accuracy } from './accuracy.js';
import { f1 } from './f1.js';
import { matthewsCorrelation } from './matthews.js';
import type { Metric, MetricName } from './metric.js';
import { pearson } from './pearson.js';
import { spearman } from './spearman.js';

const metrics: Readonly<Record<MetricName, Metric>> = {
  accuracy,
  f1,
  matthews_correlation: matthewsCorrelation,
  pearson,
  spearman,
};

export interface MetricValues {
  /** The task's first metric, by which runs are compared. */
  readonly primary: { readonly name: MetricName; readonly value: number };
  /** Every metric of the task, the primary one among them. NaN = undefined, as a correlation with a constant is. */
  readonly all: Readonly<Partial<Record<MetricName, number>>>;
}

/**
 * The metrics of `task` for predictions against labels.
 *
 * @param predictions class indices (classification) or scores (regression), one an example
 * @param labels the examples' labels, in the same order
 * @throws GlueError when the lists are empty or differ in length, or a class index is not one of the task's
 */
export function computeMetrics(
  task: Task,
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
): MetricValues {
  if (predictions.length !== labels.length || labels.length === 0) {
    throw new GlueError(
      `computeMetrics: expected one prediction a label and at least one; received ${predictions.length} predictions and ${labels.length} labels`,
    );
  }
  if (task.kind === 'classification') {
    requireClasses('predictions', predictions, task.labels.length);
    requireClasses('labels', labels, task.labels.length);
  }
  const [first] = task.metrics;
  const all: Partial<Record<MetricName, number>> = {};
  for (const name of task.metrics) all[name] = metrics[name](predictions, labels);
  return { primary: { name: first, value: all[first] ?? NaN }, all };
}

function requireClasses(argument: string, values: ArrayLike<number>, classes: number): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === undefined || !Number.isInteger(value) || value < 0 || value >= classes) {
      throw new GlueError(
        `computeMetrics: expected ${argument} to be class indices 0..${classes - 1}; entry ${i} is ${value ?? 'missing'}`,
      );
    }
  }
}
