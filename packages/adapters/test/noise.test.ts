import { Matrix } from '@ggm-peft/linalg';
import { describe, expect, it } from '@jest/globals';

import { silenceDeadNodes } from '../src/noise.js';

describe('silenceDeadNodes', () => {
  it('silences what is noise beside the largest score, and nothing else', () => {
    const scores = Matrix.from([
      [1e-4, 1e-23, 1e-12, 3e-19],
      [2e-5, 4e-22, 1e-17, 1e-18],
    ]);
    expect(silenceDeadNodes(scores)).toEqual([1, 3]);
    expect(scores.toRows()).toEqual([
      [1e-4, 0, 1e-12, 0],
      [2e-5, 0, 1e-17, 0],
    ]);
  });

  it('does not depend on the scale of the loss', () => {
    for (const scale of [1e-30, 1, 1e30]) {
      const scores = Matrix.from([[1, 1e-15, 1e-13].map((score) => score * scale)]);
      expect(silenceDeadNodes(scores)).toEqual([1]);
    }
  });

  it('finds all nodes dead where nothing moves', () => {
    expect(silenceDeadNodes(Matrix.zeros(2, 3))).toEqual([0, 1, 2]);
  });
});
