/**
 * Examples in parts of similar length. The gradient of a batch's mean loss is the weighted sum of its parts' gradients,
 * so that cutting a batch changes nothing but the padding: a batch of 32 sentences, one of them long, costs far less
 * as 20 short and 12 long ones. Where every new shape costs a compilation, parts are filled up to few sizes.
 */
import type { Engine } from '@ggm-peft/engine';

/** Examples to be computed together. */
export interface Part {
  readonly indices: readonly number[];
  /** Rows that it is filled up to; those behind the examples count for nothing. */
  readonly rows: number;
  /** Tokens that each row is padded to. */
  readonly length: number;
}

/** How a set of examples may be cut. */
export interface Cutting {
  /** What one more part costs, in tokens; Infinity wants as few parts as can be. */
  readonly overhead: number;
  /** Examples in a part at most. */
  readonly most: number;
  /** Rows of a part of so many examples. */
  readonly rows: (examples: number) => number;
  /** Padded length of a part whose longest example has so many tokens. */
  readonly length: (longest: number) => number;
}

/** What one more step costs on a cpu, in tokens: a choice, not a measurement; small beside a batch of 32 sentences. */
const partOverhead = 128;

/** Rows of the smallest part where shapes are few: fewer would save little and be more shapes. */
const fewestRows = 8;

/** The shortest of few lengths. */
const shortest = 8;

/** The least power of two that is at least n. */
const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(n));

/** The least of 8, 16, 24, 32, 48, 64, 96, 128, … (powers of two and their halfway points) that is at least n. */
function gridLength(n: number): number {
  const power = powerOfTwo(Math.max(n, shortest));
  const halfway = (power / 4) * 3;
  return n <= halfway && halfway >= 2 * shortest ? halfway : power;
}

/**
 * How an engine wants examples cut. Every engine on a cpu gets the same parts, also one that takes any shape, so that all of
 * them see the same tokens with the same dropout masks: a run's results do not depend on the engine.
 * @param most examples in a part at most
 * @param longest tokens of the longest example that there is: nothing is padded beyond
 */
export function cuttingFor(
  { device, shapes }: Pick<Engine, 'device' | 'shapes'>,
  most: number,
  longest: number,
): Cutting {
  const overhead = device === 'cpu' ? partOverhead : Infinity;
  if (device === 'gpu' && shapes === 'any')
    return { overhead, most, rows: (examples) => examples, length: (tokens) => tokens };
  const fewest = Math.min(fewestRows, powerOfTwo(most));
  return {
    overhead,
    most,
    rows: (examples) => Math.max(fewest, powerOfTwo(examples)),
    length: (tokens) => Math.min(gridLength(tokens), longest),
  };
}

/**
 * Cuts examples into the parts that cost least: the padded tokens of every part, and a fixed overhead for each.
 * @param indices the examples
 * @param length an example's number of tokens
 * @returns parts that hold every index once, from long to short; ties keep their order
 */
export function cutByLength(
  indices: readonly number[],
  length: (index: number) => number,
  cutting: Cutting,
): Part[] {
  const { most } = cutting;
  const sorted = [...indices].sort((i, j) => length(j) - length(i));
  const lengthAt = (position: number): number => cutting.length(length(sorted[position] ?? 0));
  // An overhead above all tokens together is as good as an infinite one, and can be added up.
  const allTokens = Math.ceil(sorted.length / most) * cutting.rows(most) * lengthAt(0);
  const overhead = Math.min(cutting.overhead, allTokens + 1);
  // cost[i]: the least cost of the first i examples; a part from j to i is padded to the length of its first, the longest.
  const cost = [0];
  const start = [0];
  for (let i = 1; i <= sorted.length; i++) {
    let best = Infinity;
    let from = 0;
    for (let j = Math.max(0, i - most); j < i; j++) {
      const total = (cost[j] ?? 0) + overhead + cutting.rows(i - j) * lengthAt(j);
      if (total < best) {
        best = total;
        from = j;
      }
    }
    cost.push(best);
    start.push(from);
  }
  const parts: Part[] = [];
  for (let end = sorted.length; end > 0; end = start[end] ?? 0) {
    const from = start[end] ?? 0;
    parts.unshift({
      indices: sorted.slice(from, end),
      rows: cutting.rows(end - from),
      length: lengthAt(from),
    });
  }
  return parts;
}

/** The examples of all rows of a part: the last one again in the rows that fill it up. */
export function filledRows({ indices, rows }: Part): number[] {
  const last = indices.at(-1) ?? 0;
  return Array.from({ length: rows }, (_, row) => indices[row] ?? last);
}
