import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lpPenalty, type Penalty } from '../src/index.js';

const penalties: Penalty[] = [lpPenalty(), lpPenalty(1), lpPenalty(0.5), lpPenalty(0.1)];
const length = fc.double({ min: 0, max: 20, noNaN: true });
const someWeight = fc.double({ min: 1e-6, max: 5, noNaN: true });

describe.each(penalties.map((penalty) => [penalty.name, penalty] as const))(
  'contract of %s',
  (_, penalty) => {
    it('starts at zero and never falls', () => {
      expect(penalty.value(0)).toBe(0);
      fc.assert(
        fc.property(length, length, (a, b) => {
          expect(penalty.value(Math.max(a, b))).toBeGreaterThanOrEqual(penalty.value(Math.min(a, b)));
        }),
      );
    });

    it('has a prox that no grid point beats', () => {
      fc.assert(
        fc.property(length, someWeight, (t, weight) => {
          const at = (x: number): number => 0.5 * (x - t) ** 2 + weight * penalty.value(x);
          const best = at(penalty.prox(t, weight));
          let onGrid = Infinity;
          for (let k = 0; k <= 400; k++) onGrid = Math.min(onGrid, at((1.1 * t * k) / 400));
          expect(best).toBeLessThanOrEqual(onGrid + 1e-12 * (1 + Math.abs(best)));
        }),
      );
    });

    it('has a subdifferential that contains what the prox removes', () => {
      fc.assert(
        fc.property(length, someWeight, (t, weight) => {
          const x = penalty.prox(t, weight);
          expect(penalty.subdifferentialDistance(x, t - x, weight)).toBeLessThanOrEqual(1e-11 * (1 + t));
        }),
      );
    });

    it('has the slope of its value', () => {
      for (const t of [0.3, 1, 4]) {
        const h = 1e-6 * t;
        const slope = (penalty.value(t + h) - penalty.value(t - h)) / (2 * h);
        expect(penalty.subdifferentialDistance(t, 0, 1)).toBeCloseTo(slope, 7);
        expect(penalty.subdifferentialDistance(t, 2 * slope + 3, 2)).toBeCloseTo(3, 6);
      }
    });

    it('measures nothing but the slope at weight 0', () => {
      expect(penalty.subdifferentialDistance(0, -2, 0)).toBe(2);
      expect(penalty.subdifferentialDistance(1, -2, 0)).toBe(2);
    });
  },
);

describe('lpPenalty', () => {
  it('has [−1, 1] as the subdifferential of |t| at 0, and all of ℝ for p < 1', () => {
    expect(lpPenalty(1).subdifferentialDistance(0, 1.5, 1)).toBeCloseTo(0.5, 15);
    expect(lpPenalty(1).subdifferentialDistance(0, -0.5, 1)).toBe(0);
    expect(lpPenalty(0.9).subdifferentialDistance(0, 100, 1)).toBe(0);
  });

  it('defaults to 0.9 and rejects other exponents', () => {
    expect(lpPenalty().p).toBe(0.9);
    expect(() => lpPenalty(0)).toThrow('lpPenalty: p must lie in (0, 1]; got 0');
    expect(() => lpPenalty(1.5)).toThrow(RangeError);
  });
});
