/** A method whose set of trainables stays what it is from the first step to the last. */
import type { AttachedMethod } from './method.js';

/** What such a method has of its own. */
type FixedParts = Pick<AttachedMethod, 'name' | 'trainables' | 'state' | 'deltas' | 'dispose'>;

export function fixedMethod(parts: FixedParts): AttachedMethod {
  return {
    ...parts,
    settledEpoch: 0,
    observesSteps: false,
    allocation: null,
    pending: null,
    checkPlan: () => undefined,
    startEpoch: () => Promise.resolve(null),
    afterStep: () => Promise.resolve(),
  };
}
