import type { Metric } from './metric.js';

/**
 * Pearson correlation of two lists of scores, in -1..1.
 * NaN when either list is constant (or has one element), or holds a NaN or an infinity.
 */
export const pearson: Metric = (predictions, labels) => {
  const n = labels.length;
  if (isConstant(predictions) || isConstant(labels)) return NaN;
  const meanP = mean(predictions);
  const meanL = mean(labels);
  let pp = 0;
  let ll = 0;
  let pl = 0;
  for (let i = 0; i < n; i++) {
    const p = (predictions[i] ?? NaN) - meanP;
    const l = (labels[i] ?? NaN) - meanL;
    pp += p * p;
    ll += l * l;
    pl += p * l;
  }
  // √pp·√ll rather than √(pp·ll), which over- and underflows sooner. Rounding may pass 1 by an ulp.
  return Math.max(-1, Math.min(1, pl / (Math.sqrt(pp) * Math.sqrt(ll))));
};

/** Not by the variance: the mean of equal numbers may be off by an ulp, and the correlation would be that of rounding. */
function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? NaN;
  return sum / values.length;
}
