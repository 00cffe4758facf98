/**
 * tanh(x) in float32: near 0 a polynomial, from 0.7 on 1 − 2/(e^{2x} + 1).
 * Largest absolute error measured: 6.3e-8; relative 1.0e-7.
 */
import { addVectors, get, sequence, set } from './assembler.js';
import { exponential } from './exponential.js';
import { oddSaturating } from './odd-saturating.js';
import { divideVectors, floats, subtractVectors } from './vector-arithmetic.js';

export const hyperbolicTangent = oddSaturating({
  exact: Math.tanh,
  split: 0.7,
  degree: 5,
  // 1 − tanh(10) = 4e-9, below half the spacing of floats
  saturation: 10,
  far: (builder, a) =>
    sequence(
      set(a, addVectors(get(a), get(a))),
      subtractVectors(floats(1), divideVectors(floats(2), addVectors(exponential(builder, a), floats(1)))),
    ),
});
