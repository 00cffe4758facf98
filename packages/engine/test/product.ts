/** The product of matrices as it is written in books, to compare with. Sums in double precision. */
export interface ProductShape {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export function plainProduct(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { rows, columns, depth, transposeA, transposeB }: ProductShape,
): number[] {
  return Array.from({ length: rows * columns }, (_, index) => {
    const i = Math.floor(index / columns);
    const j = index % columns;
    let sum = 0;
    for (let k = 0; k < depth; k++) {
      const x = a[transposeA ? k * rows + i : i * depth + k] ?? NaN;
      const y = b[transposeB ? j * depth + k : k * columns + j] ?? NaN;
      sum += x * y;
    }
    return sum;
  });
}

/** Deterministic values in −1..1 (a linear congruential generator: Numerical Recipes, 2nd ed., §7.1). */
export function values(length: number, seed: number): Float32Array {
  const result = new Float32Array(length);
  // Taken out of the loop: test runners make globals slow
  const { imul } = Math;
  let state = seed >>> 0;
  for (let i = 0; i < length; i++) {
    state = (imul(state, 1664525) + 1013904223) >>> 0;
    result[i] = state / 2 ** 31 - 1;
  }
  return result;
}

/** The largest difference, NaN counting as infinite. */
export function largestDifference(x: ArrayLike<number>, y: ArrayLike<number>): number {
  if (x.length !== y.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const difference = Math.abs((x[i] ?? NaN) - (y[i] ?? NaN));
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}
