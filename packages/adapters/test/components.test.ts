import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { decompose, foldComponents, residualWeight } from '../src/index.js';
import { takeColumns, takeRows } from '../src/components.js';
import { toyValues } from './toy-model.js';

const product = (a: Float32Array, b: Float32Array, out: number, inn: number, rank: number): number[] =>
  Array.from({ length: out * inn }, (_, i) => {
    const [o, j] = [Math.floor(i / inn), i % inn];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += (a[o * rank + k] ?? NaN) * (b[k * inn + j] ?? NaN);
    return sum;
  });

describe('decompose', () => {
  it('splits a weight into components and the rest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 2, max: 9 }),
        fc.nat(99),
        (out, inn, seed) => {
          const rank = Math.min(out, inn) - 1;
          const weight = toyValues(out * inn, seed);
          const { a, b, residual, singularValues, relativeError } = decompose('w', weight, out, inn, rank);
          const ab = product(a, b, out, inn, rank);
          weight.forEach((value, i) => {
            expect((residual[i] ?? NaN) + (ab[i] ?? NaN)).toBeCloseTo(value, 5);
          });
          expect(relativeError).toBeLessThanOrEqual(1e-6);
          expect([...singularValues]).toEqual([...singularValues].sort((x, y) => y - x));
          // A has orthonormal columns; row i of B has length σ_i.
          for (let i = 0; i < rank; i++) {
            const column = takeColumns(a, out, rank, [i]);
            expect(Math.hypot(...column)).toBeCloseTo(1, 5);
            expect(Math.hypot(...takeRows(b, inn, [i]))).toBeCloseTo(singularValues[i] ?? NaN, 5);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('leaves nothing of a weight of that rank', () => {
    const a = toyValues(6 * 2, 1);
    const b = toyValues(2 * 5, 2);
    const weight = Float32Array.from(product(a, b, 6, 5, 2));
    const { residual } = decompose('w', weight, 6, 5, 2);
    expect(Math.max(...residual.map(Math.abs))).toBeLessThan(1e-6);
  });

  it('refuses a rank that does not fit and a weight that is not finite', () => {
    expect(() => decompose('layer.query', toyValues(12, 0), 3, 4, 4)).toThrow(
      'decompose layer.query: rank must be an integer in 1..3 (the weight is [3, 4]); got 4',
    );
    const broken = toyValues(12, 0);
    broken[5] = NaN;
    expect(() => decompose('layer.query', broken, 3, 4, 2)).toThrow(
      'decompose layer.query: weight must be finite; entry [1, 1] is NaN',
    );
  });
});

describe('folding', () => {
  it('is the inverse of taking the components out', () => {
    const [out, inn, rank] = [7, 5, 3];
    const weight = toyValues(out * inn, 3);
    const { a, b } = decompose('w', weight, out, inn, rank);
    const residual = residualWeight(weight, a, b, out, inn, rank);
    const folded = foldComponents(residual, a, b, out, inn, rank, [0, 1, 2]);
    folded.forEach((value, i) => {
      expect(value).toBeCloseTo(weight[i] ?? NaN, 6);
    });
  });

  it('adds only the named components', () => {
    const [out, inn, rank] = [4, 6, 3];
    const zero = new Float32Array(out * inn);
    const { a, b } = decompose('w', toyValues(out * inn, 4), out, inn, rank);
    const folded = foldComponents(zero, a, b, out, inn, rank, [2]);
    const expected = product(takeColumns(a, out, rank, [2]), takeRows(b, inn, [2]), out, inn, 1);
    folded.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? NaN, 6);
    });
    expect(foldComponents(zero, a, b, out, inn, rank, [])).toEqual(zero);
  });
});
