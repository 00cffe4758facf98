/** A method whose set of trainables stays what it is from the first step to the last. */
import type { AttachedMethod } from './method.js';
import { noProgress } from './progress.js';

/** What such a method has of its own; without progress, its trainables' values are all that it goes on from. */
type FixedParts = Pick<AttachedMethod, 'name' | 'trainables' | 'state' | 'deltas' | 'dispose'> &
  Partial<Pick<AttachedMethod, 'progress' | 'resume'>>;

export function fixedMethod(parts: FixedParts): AttachedMethod {
  return {
    progress: () => Promise.resolve(noProgress),
    resume: () => Promise.resolve(),
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
