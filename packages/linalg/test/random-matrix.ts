/** Random matrices for the tests, from a seed. */
import { normals, seededGenerator } from '@ggm-peft/random';
import { Matrix } from '../src/index.js';

/** rows × cols independent N(0, 1) entries. */
export function randomMatrix(rows: number, cols: number, seed: number): Matrix {
  const gaussian = normals(seededGenerator(seed));
  return new Matrix(
    rows,
    cols,
    new Float64Array(rows * cols).map(() => gaussian()),
  );
}

/** The largest |a_ij − b_ij|. */
export function largestDifference(a: Matrix, b: Matrix): number {
  expectSameShape(a, b);
  let largest = 0;
  a.data.forEach((value, k) => {
    const difference = Math.abs(value - (b.data[k] ?? Number.NaN));
    if (!(difference <= largest)) largest = difference;
  });
  return largest;
}

function expectSameShape(a: Matrix, b: Matrix): void {
  if (a.rows !== b.rows || a.cols !== b.cols) {
    throw new Error(`shapes differ: ${a.rows} x ${a.cols} and ${b.rows} x ${b.cols}`);
  }
}
