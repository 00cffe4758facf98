/** Odd functions that rise from −1 to 1, as erf and tanh do: near 0 and away from it they need different formulas. */
import { addVectors, get, multiplyVectors, sequence, set } from './assembler.js';
import type { Code, FunctionBuilder } from './assembler.js';
import type { VectorFunction } from './elementwise.js';
import {
  absolute,
  andBits,
  chooseBits,
  floats,
  integers,
  minimum,
  orBits,
  polynomial,
  whereBelow,
} from './vector-arithmetic.js';
import { interpolate } from './interpolate.js';

export interface OddFunction {
  /** f in double precision, exact on [0, split]. */
  readonly exact: (x: number) => number;
  /** Up to here f(x) = x + x·P(x²), which keeps the relative accuracy of small values. */
  readonly split: number;
  /** The degree of P. */
  readonly degree: number;
  /** From here on f is 1 in float32. */
  readonly saturation: number;
  /** Code for f(a) from `split` on, for a ≥ 0 in a local that it may overwrite. Any value where a is below. */
  readonly far: (builder: FunctionBuilder, a: number) => Code;
}

export function oddSaturating({ exact, split, degree, saturation, far }: OddFunction): VectorFunction {
  const excess = (square: number): number => exact(Math.sqrt(square)) / Math.sqrt(square) - 1;
  const near = interpolate(excess, [0, split ** 2], degree);
  return (builder, x) => {
    const sign = builder.local('v128');
    const square = builder.local('v128');
    const isNear = builder.local('v128');
    const nearValue = builder.local('v128');
    return sequence(
      set(sign, andBits(get(x), integers(-(2 ** 31)))),
      set(x, minimum(absolute(get(x)), floats(saturation))),
      set(square, multiplyVectors(get(x), get(x))),
      set(nearValue, addVectors(get(x), multiplyVectors(get(x), polynomial(near, get(square))))),
      set(isNear, whereBelow(get(x), floats(split))),
      orBits(chooseBits(get(isNear), get(nearValue), far(builder, x)), get(sign)),
    );
  };
}
