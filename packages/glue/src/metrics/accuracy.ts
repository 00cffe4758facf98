import type { Metric } from './metric.js';

/** The share of predicted class indices that equal the label, in 0..1. */
export const accuracy: Metric = (predictions, labels) => {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predictions[i] === labels[i]) right++;
  return right / labels.length;
};
