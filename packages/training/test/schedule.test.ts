import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { constantSchedule, linearSchedule } from '../src/index.js';

describe('linearSchedule', () => {
  it('rises over the warm-up and falls to the end', () => {
    const schedule = linearSchedule(10, 0.2);
    const factors = Array.from({ length: 10 }, (_, step) => schedule(step));
    expect(factors).toEqual([1 / 2, 1, 8 / 8, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]);
  });

  it('never rests and never exceeds one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (total, warmUp) => {
          const schedule = linearSchedule(total, warmUp);
          for (let step = 0; step < total; step++) {
            expect(schedule(step)).toBeGreaterThan(0);
            expect(schedule(step)).toBeLessThanOrEqual(1);
          }
          expect(schedule(total)).toBe(0);
        },
      ),
    );
  });

  it('refuses plans without steps and shares outside [0, 1)', () => {
    expect(() => linearSchedule(0)).toThrow(
      'linearSchedule: totalSteps must be an integer of at least 1; got 0',
    );
    expect(() => linearSchedule(5, 1)).toThrow('warmUp must be a share of the steps in [0, 1); got 1');
  });

  it('has a constant sibling', () => {
    expect(constantSchedule(0)).toBe(1);
    expect(constantSchedule(1e6)).toBe(1);
  });
});
