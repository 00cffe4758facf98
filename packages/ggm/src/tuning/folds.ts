/** Splitting n samples at random, from a seed. */
import { seededGenerator, shuffledOrder } from '@ggm-peft/random';

/** Rows to learn from and rows to judge by; together all rows, each ascending. */
export interface Fold {
  readonly train: number[];
  readonly test: number[];
}

/** k folds: every row is judged by exactly once, and the test sets differ in size by one row at most. */
export function randomFolds(sampleCount: number, folds: number, seed: number): Fold[] {
  const order = shuffledOrder(sampleCount, seededGenerator(seed));
  const foldOf = new Int32Array(sampleCount);
  order.forEach((row, place) => (foldOf[row] = place % folds));
  return Array.from({ length: folds }, (_, fold) => {
    const rows = Array.from(foldOf.keys());
    return {
      train: rows.filter((row) => foldOf[row] !== fold),
      test: rows.filter((row) => foldOf[row] === fold),
    };
  });
}

/** `size` of n rows without replacement, ascending; each `round` is an independent draw of the seed. */
export function randomSubsample(sampleCount: number, size: number, seed: number, round: number): number[] {
  const order = shuffledOrder(sampleCount, seededGenerator(seed, round));
  return order.slice(0, size).sort((a, b) => a - b);
}
