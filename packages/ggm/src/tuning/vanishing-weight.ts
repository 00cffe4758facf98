/** The weight at which a penalty removes something of a given length. */
import type { Penalty } from '@ggm-peft/linalg';
import { smallestPassing } from './smallest-passing.js';

/** The smallest weight, to 1e-9 of itself, whose prox takes `length` to zero: bisection, for a prox falls with weight. */
export function vanishingWeight(penalty: Penalty, length: number): number {
  return length === 0 ? 0 : smallestPassing(length, (weight) => penalty.prox(length, weight) === 0, 1e-9);
}
