/** diag(d) + ρ z zᵀ: the secular equation, its eigenvectors, and deflation before it. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromEigen, Matrix, multiply, multiplyTransposedRight, transpose } from '../src/index.js';
import { deflate } from '../src/eigen/deflation.js';
import { mergeAscending, mergePlaces } from '../src/eigen/merge-order.js';
import { rankOneUpdate } from '../src/eigen/rank-one-update.js';
import { secularRoot } from '../src/eigen/secular-equation.js';
import { largestDifference } from './random-matrix.js';

/** Poles with gaps and weights over many orders of magnitude, as deflation may leave them. */
const problem = fc
  .record({
    gaps: fc.array(fc.double({ min: -11, max: 0, noNaN: true }), { minLength: 1, maxLength: 14 }),
    entries: fc.array(fc.double({ min: -12, max: 0, noNaN: true }), { minLength: 15, maxLength: 15 }),
    negative: fc.array(fc.boolean(), { minLength: 15, maxLength: 15 }),
    rho: fc.double({ min: -3, max: 1, noNaN: true }),
    start: fc.double({ min: -1, max: 1, noNaN: true }),
  })
  .map(({ gaps, entries, negative, rho, start }) => {
    const poles = Float64Array.of(start, ...gaps.map((exponent) => 10 ** exponent));
    for (let i = 1; i < poles.length; i++) poles[i] = (poles[i] ?? 0) + (poles[i - 1] ?? 0);
    const z = Float64Array.from(poles, (_, i) => 10 ** (entries[i] ?? 0) * (negative[i] === true ? -1 : 1));
    const length = Math.hypot(...z);
    return { poles, z: z.map((value) => value / length), rho: 10 ** rho };
  });

function update(poles: Float64Array, z: Float64Array, rho: number): Matrix {
  const a = Matrix.diagonal(poles);
  for (let i = 0; i < z.length; i++) {
    for (let j = 0; j < z.length; j++) a.set(i, j, a.get(i, j) + rho * (z[i] ?? 0) * (z[j] ?? 0));
  }
  return a;
}

describe('secularRoot', () => {
  it('finds roots between the poles, and says how far each pole is to its last digits', () => {
    fc.assert(
      fc.property(problem, ({ poles, z, rho }) => {
        const k = poles.length;
        const weights = z.map((value) => value * value);
        for (let i = 0; i < k; i++) {
          const gaps = new Float64Array(k);
          const root = secularRoot(poles, weights, rho, i, gaps);
          // Left of the root, or on it, to rounding; strictly by the gaps.
          expect(gaps[i]).toBeLessThan(0);
          if (i + 1 < k) expect(gaps[i + 1]).toBeGreaterThan(0);
          else expect(-(gaps[i] ?? 0)).toBeLessThanOrEqual(rho * (1 + 1e-12));
          gaps.forEach((gap, j) => {
            expect(Math.abs((poles[j] ?? 0) - root - gap)).toBeLessThanOrEqual(
              4 * Number.EPSILON * (Math.abs(root) + Math.abs(poles[j] ?? 0)),
            );
          });
          // |f| is at most what rounding leaves in a sum of k terms.
          const terms = gaps.map((gap, j) => (weights[j] ?? 0) / gap);
          const size = terms.reduce((sum, term) => sum + Math.abs(term), 1 / rho);
          const slope = gaps.reduce((sum, gap, j) => sum + (weights[j] ?? 0) / gap / gap, 0);
          const nearest = Math.min(...gaps.map(Math.abs));
          const f = terms.reduce((sum, term) => sum + term, 1 / rho);
          expect(Math.abs(f)).toBeLessThanOrEqual(Number.EPSILON * (16 * k * size + 4 * nearest * slope));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('solves two poles in closed form', () => {
    // diag(0, 1) + ρ z zᵀ with z = (1, 1)/√2, ρ = 2: eigenvalues of [[1, 1], [1, 2]].
    const gaps = new Float64Array(2);
    const half = Float64Array.of(0.5, 0.5);
    expect(secularRoot(Float64Array.of(0, 1), half, 2, 0, gaps)).toBeCloseTo((3 - Math.sqrt(5)) / 2, 15);
    expect(secularRoot(Float64Array.of(0, 1), half, 2, 1, gaps)).toBeCloseTo((3 + Math.sqrt(5)) / 2, 15);
  });
});

describe('rankOneUpdate', () => {
  it('gives orthonormal eigenvectors however close the poles are, and the matrix again', () => {
    fc.assert(
      fc.property(problem, ({ poles, z, rho }) => {
        const k = poles.length;
        const values = new Float64Array(k);
        const reversed = Int32Array.from({ length: k }, (_, j) => k - 1 - j);
        const rows = Matrix.zeros(k, k + 2);
        rankOneUpdate(poles, z, rho, reversed, values, rows.data, k + 2);
        const vectors = Matrix.zeros(k, k); // undo the order, drop the stride
        for (let i = 0; i < k; i++) {
          for (let j = 0; j < k; j++) vectors.set(i, j, rows.get(i, reversed[j] ?? 0));
        }
        expect(largestDifference(multiplyTransposedRight(vectors, vectors), Matrix.identity(k))).toBeLessThan(
          1e-14 * k,
        );
        const scale = Math.max(rho, ...poles.map(Math.abs));
        expect(
          largestDifference(fromEigen(values, transpose(vectors)), update(poles, z, rho)),
        ).toBeLessThanOrEqual(1e-14 * k * scale);
      }),
      { numRuns: 500 },
    );
  });
});

describe('deflate', () => {
  it('leaves a similar matrix: the settled part diagonal, the rest with distinct poles and entries that count', () => {
    const pole = fc.constantFrom(0, 0, 1, 1, 1 + 1e-15, 1 + 1e-13, 2, -3, 0.5);
    const entry = fc.constantFrom(0, 1, -1, 0.3, 1e-17, -1e-14, 1e-9);
    const half = fc.array(fc.tuple(pole, entry), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(half, half, fc.constantFrom(0, 1e-3, 1, 4), (first, second, rho) => {
        const byPole = (a: [number, number], b: [number, number]) => a[0] - b[0];
        const pairs = [...first.sort(byPole), ...second.sort(byPole)];
        const n = pairs.length;
        const d = Float64Array.from(pairs, ([value]) => value);
        const length = Math.hypot(...pairs.map(([, value]) => value)) || 1;
        const z = Float64Array.from(pairs, ([, value]) => value / length);
        const before = update(d, z, rho);
        const q = Matrix.identity(n);
        const left = deflate(d, z, rho, mergeAscending(d, first.length), first.length, (x, y, c, s) => {
          for (let k = 0; k < n; k++) {
            const [u, v] = [q.get(k, x), q.get(k, y)];
            q.set(k, x, c * u + s * v);
            q.set(k, y, c * v - s * u);
          }
        });
        expect([...left.columns, ...left.settled].sort((i, j) => i - j)).toEqual(
          Array.from({ length: n }, (_, i) => i),
        );
        const kept = new Float64Array(n);
        left.columns.forEach((column, i) => (kept[column] = left.z[i] ?? 0));
        const after = multiply(multiply(transpose(q), before), q);
        const scale = Math.max(1, rho, ...d.map(Math.abs));
        expect(largestDifference(after, update(d, kept, rho))).toBeLessThan(1e-13 * scale);

        left.columns.forEach((column, i) => {
          expect(left.poles[i]).toBe(d[column]);
          expect(Math.abs(left.z[i] ?? 0) * rho).toBeGreaterThan(0);
          if (i > 0) expect(left.poles[i]).toBeGreaterThan(left.poles[i - 1] ?? Infinity);
          // A column that claims to be zero in one half is.
          for (let k = 0; k < n; k++) {
            const zero = left.kinds[i] === 0 ? k >= first.length : left.kinds[i] === 2 && k < first.length;
            if (zero) expect(Math.abs(q.get(k, column))).toBe(0);
          }
        });
        left.settled.forEach((column, i) => {
          if (i > 0) expect(d[column]).toBeGreaterThanOrEqual(d[left.settled[i - 1] ?? 0] ?? Infinity);
        });
      }),
      { numRuns: 1000 },
    );
  });
});

describe('mergePlaces', () => {
  it('interleaves two ascending lists', () => {
    const places = mergePlaces(Float64Array.of(9, 1, 4), Int32Array.of(1, 2, 0), Float64Array.of(0, 4, 5));
    expect(Array.from(places.settled)).toEqual([1, 2, 5]);
    expect(Array.from(places.roots)).toEqual([0, 3, 4]);
  });
});
