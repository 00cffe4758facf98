import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { interpolate } from '../src/wasm/interpolate.js';

const evaluate = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);

describe('interpolate', () => {
  it('finds a polynomial of its degree, about any origin', () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true });
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 6 }), number, (coefficients, origin) => {
        const found = interpolate(
          (x) => evaluate(coefficients, x - origin),
          [-1, 2],
          coefficients.length - 1,
          origin,
        );
        for (let x = -1; x <= 2; x += 0.25) {
          expect(evaluate(found, x - origin)).toBeCloseTo(evaluate(coefficients, x - origin), 8);
        }
      }),
    );
  });

  // Trefethen, Approximation Theory and Approximation Practice, theorem 7.2, and near the best possible:
  // the best error for e^x on [−1, 1] is about 2^−n/(n+1)!
  it('errs for e^x by hardly more than any polynomial must', () => {
    for (let degree = 2; degree <= 8; degree++) {
      const found = interpolate(Math.exp, [-1, 1], degree);
      let best = 2 ** -degree;
      for (let k = 2; k <= degree + 1; k++) best /= k;
      let worst = 0;
      for (let x = -1; x <= 1; x += 1 / 512)
        worst = Math.max(worst, Math.abs(evaluate(found, x) - Math.exp(x)));
      expect(worst / best).toBeGreaterThan(0.9);
      expect(worst / best).toBeLessThan(2);
    }
  });
});
