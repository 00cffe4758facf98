/**
 * g(t) = t: the lasso on entries (Tibshirani, J. R. Stat. Soc. B 58, 1996; on the precision matrix, the graphical lasso),
 * the group lasso on norms (Yuan & Lin, J. R. Stat. Soc. B 68, 2006). The only convex penalty here.
 */
import { proxL1 } from '../prox/soft.js';
import type { Penalty } from './penalty.js';
import { smoothSubdifferentialDistance } from './subdifferential.js';

/** The penalty t. */
export function l1Penalty(): Penalty {
  return {
    name: 'l1',
    coercive: true,
    convex: true,
    slopeAtZero: 1,
    value: (t) => t,
    prox: proxL1,
    derivative: () => 1,
    subdifferentialDistance: smoothSubdifferentialDistance(1, () => 1),
  };
}
