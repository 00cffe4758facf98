import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type FloatFunctions, floatFunctions } from '../src/wasm/float-functions.js';
import { erf } from './erf.js';
import { values } from './product.js';

const floatBytes = 4;
const memory = new WebAssembly.Memory({ initial: 64 });
const functions = floatFunctions(memory);
const guard = 12345.5;

/** f of every element, with guards before and after the results. */
function apply(name: Exclude<keyof FloatFunctions, 'sumRows'>, x: Float32Array): Float32Array {
  const heap = new Float32Array(memory.buffer);
  const target = x.length + 1;
  heap.set(x);
  heap[target - 1] = guard;
  heap.fill(NaN, target, target + x.length);
  heap[target + x.length] = guard;
  functions[name](0, target * floatBytes, x.length);
  expect([heap[target - 1], heap[target + x.length]]).toEqual([guard, guard]);
  return heap.slice(target, target + x.length);
}

/** Floats all over a range, and their negatives; `count` of either. */
function grid(from: number, to: number, count: number): Float32Array {
  return Float32Array.from({ length: 2 * count }, (_, i) => {
    const x = from + ((to - from) * (i >> 1)) / (count - 1);
    return i % 2 === 0 ? x : -x;
  });
}

/** The largest of |found − f(x)| and of the same divided by |f(x)|. */
function errors(name: Exclude<keyof FloatFunctions, 'sumRows'>, f: (x: number) => number, x: Float32Array) {
  const found = apply(name, x);
  let [absolute, relative] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    const expected = f(x[i] ?? NaN);
    const error = Math.abs((found[i] ?? NaN) - expected);
    if (!(error <= absolute)) absolute = error;
    if (expected !== 0 && !(error / Math.abs(expected) <= relative)) relative = error / Math.abs(expected);
  }
  return { absolute, relative };
}

const cases = [
  { name: 'exp', f: Math.exp, from: 0, to: 87 },
  { name: 'erf', f: erf, from: 0, to: 4.5 },
  { name: 'tanh', f: Math.tanh, from: 0, to: 11 },
] as const;

describe.each(cases)('$name', ({ name, f, from, to }) => {
  it('errs by 1.5e-7 of the value at most, all over its range', () => {
    expect(errors(name, f, grid(from, to, 50_000)).relative).toBeLessThan(1.5e-7);
  });

  it('keeps the accuracy of small arguments', () => {
    const tiny = Float32Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 2 ** (-i / 3));
    expect(errors(name, f, tiny).relative).toBeLessThan(1.5e-7);
  });

  it('takes any number of elements and touches no others', () => {
    for (let length = 0; length <= 9; length++) {
      const x = values(length, length + 1);
      expect([...apply(name, x)].map((y, i) => Math.abs(y - f(x[i] ?? NaN)) < 3e-7)).toEqual(
        new Array<boolean>(length).fill(true),
      );
    }
  });

  it('has the limits, and NaN for NaN', () => {
    const limits = [Infinity, -Infinity, 3.4e38, -3.4e38, 1e4, -1e4];
    const [upper, lower] = name === 'exp' ? [Infinity, 0] : [1, -1];
    expect([...apply(name, Float32Array.from([...limits, NaN]))]).toEqual([
      ...limits.map((x) => (x > 0 ? upper : lower)),
      NaN,
    ]);
  });
});

describe('exp', () => {
  it('goes over into infinity and, through subnormal numbers, into 0', () => {
    // The largest float is 3.4028235e38 = e^88.7228…, the smallest 2^-149 = e^-103.279…
    const x = Float32Array.of(88.7228, 88.723, -87.4, -90, -100, -103.2, -103.98, 0, -0);
    const y = apply('exp', x);
    expect(y[0]).toBeGreaterThan(3.4e38);
    expect(y[1]).toBe(Infinity);
    for (const i of [2, 3, 4, 5]) {
      expect(Math.abs((y[i] ?? NaN) - Math.exp(x[i] ?? NaN))).toBeLessThanOrEqual(2 ** -149);
      expect(y[i]).toBeGreaterThan(0);
    }
    expect([...y.slice(6)]).toEqual([0, 1, 1]);
  });
});

describe('erf and tanh', () => {
  it('err by 1e-7 at most, are odd, and 1 where they should be', () => {
    for (const { name, f, to } of cases.slice(1)) {
      expect(errors(name, f, grid(0, to, 50_000)).absolute).toBeLessThan(1e-7);
      const y = apply(name, grid(0, to, 1000));
      for (let i = 0; i < y.length; i += 2) expect(y[i + 1]).toBe(-(y[i] ?? NaN));
      expect([...apply(name, Float32Array.of(0, -0, to))]).toEqual([0, -0, 1]);
    }
  });
});

describe('sumRows', () => {
  const run = (x: Float32Array, rows: number, columns: number): number[] => {
    const heap = new Float32Array(memory.buffer);
    const target = x.length + 1;
    heap.set(x);
    heap[target - 1] = guard;
    heap.fill(NaN, target, target + columns);
    heap[target + columns] = guard;
    functions.sumRows(0, target * floatBytes, rows, columns);
    expect([heap[target - 1], heap[target + columns]]).toEqual([guard, guard]);
    return [...heap.subarray(target, target + columns)];
  };
  const exactly = (x: Float32Array, rows: number, columns: number): number[] =>
    Array.from({ length: columns }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += x[i * columns + j] ?? NaN;
      return sum;
    });

  it('sums any matrix and writes nothing else', () => {
    const size = (max: number) => fc.integer({ min: 1, max });
    fc.assert(
      fc.property(size(150), size(60), fc.nat(), (rows, columns, seed) => {
        const x = values(rows * columns, seed);
        const expected = exactly(x, rows, columns);
        run(x, rows, columns).forEach((sum, j) => {
          expect(Math.abs(sum - (expected[j] ?? NaN))).toBeLessThan(2e-5);
        });
      }),
      { numRuns: 150 },
    );
  });

  it('errs by less than a plain float loop', () => {
    const [rows, columns] = [20_000, 20];
    // Positive, so that the sums grow and rounding with them
    const x = values(rows * columns, 3).map(Math.abs);
    const found = run(x, rows, columns);
    const worst = { found: 0, plain: 0 };
    exactly(x, rows, columns).forEach((expected, j) => {
      let plain = 0;
      for (let i = 0; i < rows; i++) plain = Math.fround(plain + (x[i * columns + j] ?? NaN));
      worst.plain = Math.max(worst.plain, Math.abs(plain / expected - 1));
      worst.found = Math.max(worst.found, Math.abs((found[j] ?? NaN) / expected - 1));
    });
    expect(worst.found).toBeLessThan(2e-6);
    expect(worst.found).toBeLessThan(worst.plain / 4);
  });

  it('lets infinities and NaNs through to their own columns only', () => {
    const x = values(70 * 21, 5);
    x[3] = NaN;
    x[21 + 20] = -Infinity;
    const sums = run(x, 70, 21);
    expect(sums.flatMap((sum, j) => (Number.isFinite(sum) ? [] : [[j, sum]]))).toEqual([
      [3, NaN],
      [20, -Infinity],
    ]);
  });
});
