/**
 * Smaller sets of examples.
 *
 * The first examples of a file stand for the rest only where the file is mixed. SST-2's, MRPC's and RTE's are; STS-B's is
 * ordered by source (its first 2,000 are all picture and video captions) and CoLA's by the book that a sentence comes from,
 * so a cap on those is better drawn at random.
 */
import { seededGenerator } from '@ggm-peft/random';
import { GlueError } from './error.js';

/** The first `count` examples in the file's order; all of them when there are fewer. */
export function takeFirst<T>(examples: readonly T[], count: number): T[] {
  requireCount('takeFirst', count);
  return examples.slice(0, count);
}

/** `count` examples drawn without replacement, in the file's order; all of them when there are fewer. */
export function takeRandom<T>(examples: readonly T[], count: number, seed: number): T[] {
  requireCount('takeRandom', count);
  requireSeed('takeRandom', seed);
  return splitRandom(examples, Math.min(count, examples.length), seed)[0];
}

/**
 * `count` examples drawn without replacement and the rest, both in the file's order: say, a dev set in two halves, one to
 * choose by and one to report on.
 *
 * @throws GlueError when `count` is not in 0..examples.length
 */
export function splitRandom<T>(examples: readonly T[], count: number, seed: number): [drawn: T[], rest: T[]] {
  requireCount('splitRandom', count);
  requireSeed('splitRandom', seed);
  if (count > examples.length) {
    throw new GlueError(`splitRandom: expected count in 0..${examples.length}; received ${count}`);
  }
  const generator = seededGenerator(seed);
  const drawn: T[] = [];
  const rest: T[] = [];
  // Selection sampling (Knuth, vol. 2, 3.4.2, algorithm S): each is drawn with probability wanted / left.
  for (const [i, example] of examples.entries()) {
    const wanted = count - drawn.length;
    const left = examples.length - i;
    (generator.uniform() * left < wanted ? drawn : rest).push(example);
  }
  return [drawn, rest];
}

function requireCount(where: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new GlueError(`${where}: expected count to be a non-negative integer; received ${count}`);
  }
}

function requireSeed(where: string, seed: number): void {
  if (!Number.isSafeInteger(seed)) {
    throw new GlueError(`${where}: expected seed to be an integer; received ${seed}`);
  }
}
