import { describe, expect, it } from '@jest/globals';

import { cutIntoBatches } from '../src/index.js';

describe('cutIntoBatches', () => {
  it('keeps every element once, the last batch smaller', () => {
    expect(cutIntoBatches([5, 6, 7, 8, 9], 2)).toEqual([[5, 6], [7, 8], [9]]);
    expect(cutIntoBatches([], 2)).toEqual([]);
    expect(() => cutIntoBatches([1], 0)).toThrow('batchSize must be an integer of at least 1; got 0');
  });
});
