/**
 * erf(x) = 2/√π ∫₀ˣ e^{−s²} ds in float32.
 *
 * Near 0 a polynomial; from 0.9 on 1 − e^{−u(x)}, where u = −ln erfc is smooth and nearly x²: what the polynomial for u errs
 * counts times erfc(x) only. Powers of x − 0.9, so that the polynomial is most exact where erfc is largest. Largest absolute
 * error measured: 7.1e-8; relative 9e-8.
 */
import { get, sequence, set } from './assembler.js';
import { exponential } from './exponential.js';
import { interpolate } from './interpolate.js';
import { oddSaturating } from './odd-saturating.js';
import { floats, polynomial, subtractVectors } from './vector-arithmetic.js';

const split = 0.9;
/** erfc(4) = 1.5e-8, a quarter of the spacing of floats below 1. */
const saturation = 4;

/** erf in double precision for x ≥ 0: 2/√π e^{−x²} Σ 2^k x^{2k+1}/(1·3·…·(2k+1)) (Abramowitz and Stegun, 7.1.6). */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return ((2 * sum) / Math.sqrt(Math.PI)) * Math.exp(-x * x);
}

/** −ln erfc(x) for x ≥ 0.9, by the continued fraction of erfc (Abramowitz and Stegun, 7.1.14). */
function minusLogErfc(x: number): number {
  let fraction = x;
  // Enough for double precision at 0.9, where it converges slowest
  for (let k = 200; k > 0; k--) fraction = x + k / 2 / fraction;
  return x * x + Math.log(fraction * Math.sqrt(Math.PI));
}

const decay = interpolate((x) => -minusLogErfc(x), [split, saturation], 8, split);

export const errorFunction = oddSaturating({
  exact: erf,
  split,
  degree: 5,
  saturation,
  far: (builder, a) =>
    sequence(
      set(a, subtractVectors(get(a), floats(split))),
      set(a, polynomial(decay, get(a))),
      subtractVectors(floats(1), exponential(builder, a)),
    ),
});
