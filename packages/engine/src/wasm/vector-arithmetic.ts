/**
 * Vector instructions for elementary functions, beside those that products need (assembler.ts): four floats at a time,
 * or their bits as integers.
 *
 * Source: WebAssembly core specification 2.0, §5.4.9.
 */
import { addVectors, type Code, memoryArgument, multiplyVectors, vector } from './assembler.js';

const unary =
  (opcode: number) =>
  (x: Code): Code => [...x, ...vector(opcode)];
const binary =
  (opcode: number) =>
  (x: Code, y: Code): Code => [...x, ...y, ...vector(opcode)];

function constant(write: (bytes: DataView) => void): Code {
  const bytes = new DataView(new ArrayBuffer(4));
  write(bytes);
  const lane = [0, 1, 2, 3].map((i) => bytes.getUint8(i));
  return [...vector(0x0c), ...lane, ...lane, ...lane, ...lane];
}
/** A number, rounded to float, in all lanes. */
export const floats = (value: number): Code => {
  return constant((bytes) => {
    bytes.setFloat32(0, value, true);
  });
};
/** A 32-bit integer in all lanes. */
export const integers = (value: number): Code => {
  return constant((bytes) => {
    bytes.setInt32(0, value, true);
  });
};

export const subtractVectors = binary(0xe5);
export const divideVectors = binary(0xe7);
/** The smaller of each pair; NaN if either is. */
export const minimum = binary(0xe8);
/** The larger of each pair; NaN if either is. */
export const maximum = binary(0xe9);
export const absolute = unary(0xe0);
/** The nearest integer as a float, ties to even. */
export const nearest = unary(0x6a);
/** All bits of a lane where x < y, none elsewhere and for NaN. */
export const whereBelow = binary(0x43);

/** Floats cut to 32-bit integers; NaN becomes 0. */
export const toIntegers = unary(0xf8);
export const addIntegers = binary(0xae);
export const subtractIntegers = binary(0xb1);
/** Lanes as integers, shifted by an i32. */
export const shiftLeft = binary(0xab);
export const shiftRight = binary(0xac);

export const andBits = binary(0x4e);
export const orBits = binary(0x50);
/** x's bits where the mask's are set, y's elsewhere. */
export const chooseBits = (mask: Code, x: Code, y: Code): Code => [...x, ...y, ...mask, ...vector(0x52)];

/** Stores the first of the four floats. */
export const storeFirstFloat = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...vector(0x5a),
  ...memoryArgument(offset),
  0,
];

/** Σ coefficients[k]·x^k by Horner's rule. `x` is written once per power: let it be a local. */
export function polynomial(coefficients: readonly number[], x: Code): Code {
  const [last = 0, ...rest] = [...coefficients].reverse();
  return rest.reduce<Code>(
    (sum, coefficient) => addVectors(multiplyVectors(sum, x), floats(coefficient)),
    floats(last),
  );
}
