import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lpThreshold, proxGroup, proxLp, proxLpFixedIterations } from '../src/index.js';

const exponents = [0.3, 0.5, 2 / 3, 0.9] as const;

/** ½(x − y)² + w|x|^p */
function moreau(x: number, y: number, weight: number, p: number): number {
  return 0.5 * (x - y) ** 2 + weight * Math.abs(x) ** p;
}

const anyExponent = fc.double({ min: 0.05, max: 1, noNaN: true });
const anyWeight = fc.double({ min: 0, max: 5, noNaN: true });
const anyPoint = fc.double({ min: -10, max: 10, noNaN: true });

describe('proxLp', () => {
  // Project golden values, computed independently to 7 digits; thresholds to 8.
  it.each([
    [1.48005738, 1.8012935, 0.9205239, -2.9293104],
    [1.5, 1.6053779, 0.8656496, -2.8519638],
    [1.47557589, 1.4047346, 0.8220862, -2.7624356],
    [1.2733137, 1.1092863, 0.7690121, -2.5908637],
  ])('golden values, row %#', (threshold, atTwo, atOne, atMinusThree) => {
    const row = [threshold, atTwo, atOne, atMinusThree];
    const match = exponents.some((p) =>
      [lpThreshold(1, p), proxLp(2, 1, p), proxLp(1, 0.25, p), proxLp(-3, 0.5, p)].every(
        (value, k) => Math.abs(value - (row[k] ?? Number.NaN)) < 1e-7,
      ),
    );
    expect(match).toBe(true);
  });

  it('has the closed form at p = 1/2', () => {
    // Xu, Chang, Xu & Zhang, IEEE Trans. Neural Netw. Learn. Syst. 23 (2012), eq. 10, with λ = 2w.
    for (const [y, w] of [
      [2, 1],
      [1.6, 0.9],
      [5, 0.1],
    ] as const) {
      // prettier-ignore
      const phi = Math.acos((w / 4) * (y / 3) ** -1.5);
      expect(proxLp(y, w, 0.5)).toBeCloseTo((2 / 3) * y * (1 + Math.cos((2 / 3) * (Math.PI - phi))), 13);
    }
  });

  it('is a global minimiser: nothing on a grid is better', () => {
    fc.assert(
      fc.property(anyPoint, anyWeight, anyExponent, (y, weight, p) => {
        const x = proxLp(y, weight, p);
        const best = moreau(x, y, weight, p);
        let onGrid = Infinity;
        for (let k = 0; k <= 400; k++) onGrid = Math.min(onGrid, moreau((y * k) / 400, y, weight, p));
        expect(best).toBeLessThanOrEqual(onGrid + 1e-13 * (1 + Math.abs(best)));
      }),
      { numRuns: 300 },
    );
  });

  it('solves its equation to rounding wherever it is not zero', () => {
    fc.assert(
      fc.property(anyPoint, anyWeight, anyExponent, (y, weight, p) => {
        const x = Math.abs(proxLp(y, weight, p));
        fc.pre(x > 0);
        expect(Math.abs(x - Math.abs(y) + weight * p * x ** (p - 1))).toBeLessThanOrEqual(
          1e-14 * (1 + Math.abs(y)) * 4,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('is odd, shrinks, grows with y, and is 0 exactly up to the threshold', () => {
    fc.assert(
      fc.property(anyPoint, anyWeight, anyExponent, (y, weight, p) => {
        const x = proxLp(y, weight, p);
        expect(proxLp(-y, weight, p)).toBe(x === 0 ? 0 : -x);
        expect(Math.abs(x)).toBeLessThanOrEqual(Math.abs(y));
        expect(Math.abs(proxLp(1.01 * y, weight, p))).toBeGreaterThanOrEqual(Math.abs(x));
        if (weight > 0) expect(x === 0).toBe(Math.abs(y) <= lpThreshold(weight, p));
      }),
      { numRuns: 500 },
    );
  });

  it('is soft thresholding at p = 1 and the identity at weight 0', () => {
    expect(proxLp(-3, 1, 1)).toBe(-2);
    expect(proxLp(0.5, 1, 1)).toBe(0);
    expect(proxLp(0.7, 0, 0.5)).toBe(0.7);
  });

  it('rejects arguments out of range', () => {
    expect(() => proxLp(1, -1, 0.5)).toThrow('proxLp: weight must not be negative; got -1');
    expect(() => proxLp(1, 1, 0)).toThrow('proxLp: p must lie in (0, 1]; got 0');
    expect(() => lpThreshold(1, 1.1)).toThrow('lpThreshold: p must lie in (0, 1]; got 1.1');
  });
});

describe('proxLpFixedIterations', () => {
  it('is the published recursion', () => {
    const y = 2;
    let x = y;
    for (let j = 0; j < 3; j++) x = y - 1 * 0.5 * x ** -0.5;
    expect(proxLpFixedIterations(-2, 1, 0.5, 3)).toBe(-x);
    expect(proxLpFixedIterations(1.49, 1, 0.5)).toBe(0);
    expect(() => proxLpFixedIterations(1, 1, 0.5, -1)).toThrow(
      'iterations must be a non-negative integer; got -1',
    );
  });

  it('errs by 1.8 % just above the threshold at p = 0.9 with five steps, and converges with many', () => {
    const y = lpThreshold(1, 0.9) * (1 + 1e-9);
    const exact = proxLp(y, 1, 0.9);
    const error = proxLpFixedIterations(y, 1, 0.9) / exact - 1;
    expect(error).toBeGreaterThan(0.015);
    expect(error).toBeLessThan(0.035);
    expect(proxLpFixedIterations(y, 1, 0.9, 200)).toBeCloseTo(exact, 12);
  });
});

describe('proxGroup', () => {
  it('keeps the direction and shrinks the length', () => {
    const v = Float64Array.from([3, -4]);
    const shrunk = proxGroup(v, (length) => length - 1);
    expect(shrunk[0]).toBeCloseTo(2.4, 14);
    expect(shrunk[1]).toBeCloseTo(-3.2, 14);
    expect(Array.from(v)).toEqual([3, -4]);
    expect(Array.from(proxGroup(new Float64Array(2), () => 1))).toEqual([0, 0]);
  });
});
