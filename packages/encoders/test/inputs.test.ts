import { describe, expect, it } from '@jest/globals';

import { encoderInputs } from '../src/index.js';

describe('encoderInputs', () => {
  it('numbers the tokens from padTokenId + 1 and gives padding padTokenId', () => {
    const { positionIds, inputIds } = encoderInputs(
      {
        inputIds: Int32Array.of(0, 7, 2, 1, 1, 0, 5, 6, 8, 2),
        attentionMask: Int32Array.of(1, 1, 1, 0, 0, 1, 1, 1, 1, 1),
        batch: 2,
        length: 5,
      },
      1,
    );
    expect([...positionIds.data]).toEqual([2, 3, 4, 1, 1, 2, 3, 4, 5, 6]);
    expect(positionIds.shape).toEqual([2, 5]);
    expect(inputIds.shape).toEqual([2, 5]);
  });
});
