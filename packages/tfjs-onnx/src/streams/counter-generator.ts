/**
 * Random numbers by counting: the word at position i of a draw is a function of the key and i alone, so nothing has to be
 * carried along, and a draw can be repeated from its number.
 *
 *   word(i) = mix(mix(i φ + k0) ⊕ k1),  φ = 0x9E3779B9 (odd, 2³² over the golden ratio)
 *
 * mix is the finaliser of MurmurHash3 (Appleby 2011), a bijection of 32 bits. Two rounds with a key in between keep the
 * sequences of different keys apart, where one round would give the same sequence from another start (as SplitMix32's).
 * Good for dropout and noise, not for cryptography.
 */

function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const golden = 0x9e3779b9;

export interface Key {
  readonly k0: number;
  readonly k1: number;
}

/** A key from integers (each below 2⁵³) and names, in order. */
export function keyOf(...parts: readonly (number | string)[]): Key {
  let k0 = 0x243f6a88;
  let k1 = 0x85a308d3;
  const absorb = (word: number): void => {
    k0 = mix(Math.imul(k0, 5) + word + golden);
    k1 = mix(k1 ^ mix(word + k0));
  };
  for (const part of parts) {
    if (typeof part === 'number') {
      absorb(part | 0);
      absorb(Math.floor(part / 2 ** 32) | 0);
    } else {
      absorb(part.length);
      for (const letter of part) absorb(letter.codePointAt(0) ?? 0);
    }
  }
  return { k0, k1 };
}

const wordAt = (k0: number, k1: number, i: number): number => mix(mix(Math.imul(i, golden) + k0) ^ k1);

/** Dropout rates are multiples of this: a word decides on two elements. */
export const rateStep = 2 ** -16;

/** 1 where an element is kept, 0 where it is dropped, which happens with probability `dropped` · rateStep. */
export function keepMask({ k0, k1 }: Key, size: number, dropped: number): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(size);
  for (let i = 0; i < size; i += 2) {
    const word = wordAt(k0, k1, i >>> 1);
    // The sign of dropped − 1 − half, so that nothing branches on a random bit
    mask[i] = (dropped - 1 - (word & 0xffff)) >>> 31;
    // Past the end of an odd mask: ignored by the array
    mask[i + 1] = (dropped - 1 - (word >>> 16)) >>> 31;
  }
  return mask;
}

/** Uniform on [low, high). */
export function uniforms(
  { k0, k1 }: Key,
  size: number,
  low: number,
  high: number,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(size);
  // 24 bits: a float32 below 1 exactly
  for (let i = 0; i < size; i++) values[i] = low + (high - low) * ((wordAt(k0, k1, i) >>> 8) * 2 ** -24);
  return values;
}

/** Normal, by Box and Muller (1958): pairs √(−2 ln u) (cos 2πv, sin 2πv), u in (0, 1]. */
export function normals(
  { k0, k1 }: Key,
  size: number,
  mean: number,
  deviation: number,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(((wordAt(k0, k1, i) >>> 0) + 1) * 2 ** -32));
    const angle = 2 * Math.PI * (wordAt(k0, k1, i + 1) >>> 0) * 2 ** -32;
    values[i] = mean + radius * Math.cos(angle);
    values[i + 1] = mean + radius * Math.sin(angle);
  }
  return values;
}
