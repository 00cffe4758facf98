/** The published code's own numbers (test/fixtures/reference-trace.json). */
import type { Matrix } from '@ggm-peft/linalg';
import { golden } from './golden.js';

export interface ReferenceTrace {
  readonly scores: Matrix; // [40, 38]
  readonly covariance: Matrix; // [38, 38]
  readonly omega: Matrix; // [38, 38]
  readonly delta: Matrix; // [38, 38]
  readonly importantIndices: number[];
  readonly selected: number[];
}

export function loadReferenceTrace(): ReferenceTrace {
  const trace = golden('reference-trace.json');
  return {
    scores: trace.matrix('scores'),
    covariance: trace.matrix('covariance'),
    omega: trace.matrix('omega'),
    delta: trace.matrix('delta'),
    importantIndices: trace.numbers('importantIndices'),
    selected: trace.numbers('selected'),
  };
}
