/** IEEE 754's binary16, which JavaScript has no array of before Node 24. */

/** The largest finite one. */
export const largestFloat16 = 65504;

/** Above these, as bits of a float32: 2¹⁶, no float16 any more, and infinity. */
const overflow = 0x47800000;
const infinity = 0x7f800000;
/** Below this, 2⁻¹⁴ as bits of a float32, a float16 has fewer digits. */
const smallestNormal = 0x38800000;
/** The exponents' biases differ by 127 − 15, and the mantissas by 13 bits. */
const biasDifference = 0x38000000;

/** To the nearest integer, to the even one of two that are as near. */
function toEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** Each number's nearest float16 as its 16 bits, to the even one of two that are as near; infinite from 65,520 on. */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word, i) => {
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude > infinity) return sign | 0x7e00;
    if (magnitude >= overflow) return sign | 0x7c00;
    if (magnitude < smallestNormal) return sign | toEven(Math.abs(values[i] ?? NaN) * 2 ** 24);
    // A mantissa that rounds up to the next power of two carries into the exponent, as it should
    return sign | toEven((magnitude - biasDifference) / 2 ** 13);
  });
}
