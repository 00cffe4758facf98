import type { Metric } from './metric.js';

/**
 * F1 of class 1 against the rest: 2·TP / (2·TP + FP + FN), in 0..1.
 * 0 when class 1 is neither predicted nor present, as in scikit-learn.
 */
export const f1: Metric = (predictions, labels) => {
  let truePositives = 0;
  let errors = 0; // false positives and false negatives
  for (let i = 0; i < labels.length; i++) {
    const predicted = predictions[i] === 1;
    const actual = labels[i] === 1;
    if (predicted && actual) truePositives++;
    else if (predicted !== actual) errors++;
  }
  return truePositives === 0 ? 0 : (2 * truePositives) / (2 * truePositives + errors);
};
