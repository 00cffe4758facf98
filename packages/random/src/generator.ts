/**
 * A generator of random 32-bit words from a seed: xoroshiro128+ (Blackman & Vigna 2018) of the library pure-rand, with
 * the seed mixed first.
 *
 * Unmixed, the generator's first words are nearly the same for neighbouring seeds such as 0, 1, 2, which is how people
 * choose seeds: orders shuffled with them are visibly not uniform. MurmurHash3's finaliser spreads the seed over the
 * state, and the first words are thrown away.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** Random numbers from a seed; each call draws the next. */
export interface Generator {
  /** 32 random bits, as a signed integer. */
  word(): number;
  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number;
  /** A uniform integer in 0..below−1. @param below 1..2³² */
  below(below: number): number;
}

/** The finaliser of MurmurHash3 (Appleby 2011): every bit of the input changes every bit of the output. */
function mix(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}

const goldenRatio = 0x9e3779b9;
const discarded = 16;

/**
 * @param seed a safe integer
 * @param stream further integers that name an independent stream of that seed, such as an epoch
 * @throws RangeError when one of them is not a safe integer
 */
export function seededGenerator(seed: number, ...stream: readonly number[]): Generator {
  let hash = 0;
  const state: number[] = [];
  for (const part of [seed, ...stream]) {
    if (!Number.isSafeInteger(part)) {
      throw new RangeError(`seededGenerator: seed must be a safe integer; got ${part}`);
    }
    for (const half of [part | 0, Math.floor(part / 2 ** 32) | 0]) hash = mix((hash ^ half) + goldenRatio);
  }
  for (let i = 0; i < 4; i++) state.push((hash = mix(hash + goldenRatio)));
  const source = xoroshiro128plusFromState(state);
  for (let i = 0; i < discarded; i++) source.next();
  return {
    word: () => source.next(),
    uniform: () => uniformFloat64(source),
    below: (below) => uniformInt(source, 0, below - 1),
  };
}
