import { describe, expect, it } from '@jest/globals';

import { cutIntoBatches, lengthOrder } from '../src/index.js';

describe('lengthOrder', () => {
  it('goes from long to short and keeps ties in order', () => {
    const lengths = [3, 9, 5, 9, 3];
    const source = {
      size: lengths.length,
      length: (i: number) => lengths[i] ?? NaN,
      batch: () => ({ inputs: {}, labels: new Float32Array() }),
    };
    expect(lengthOrder(source)).toEqual([1, 3, 2, 0, 4]);
  });
});

describe('cutIntoBatches', () => {
  it('keeps every element once, the last batch smaller', () => {
    expect(cutIntoBatches([5, 6, 7, 8, 9], 2)).toEqual([[5, 6], [7, 8], [9]]);
    expect(cutIntoBatches([], 2)).toEqual([]);
    expect(() => cutIntoBatches([1], 0)).toThrow('batchSize must be an integer of at least 1; got 0');
  });
});
