/** Random samples for tests of estimators, and what is done to them. */
import { Matrix, symmetricEigen } from '@ggm-peft/linalg';
import { gaussianNumbers } from './random-problem.js';

/** Correlated samples [n, p]. */
export function randomSamples(n: number, p: number, seed: number): Matrix {
  const next = gaussianNumbers(seed);
  const result = Matrix.zeros(n, p);
  for (let i = 0; i < n; i++) {
    const factor = next();
    for (let j = 0; j < p; j++) result.set(i, j, factor * (j % 3) + next());
  }
  return result;
}

export function mapped(x: Matrix, change: (value: number, column: number) => number): Matrix {
  return new Matrix(
    x.rows,
    x.cols,
    x.data.map((value, k) => change(value, k % x.cols)),
  );
}

export function columnsReordered(x: Matrix, order: readonly number[]): Matrix {
  return Matrix.from(x.toRows().map((row) => order.map((j) => row[j] ?? Number.NaN)));
}

export const leastEigenvalueOf = (a: Matrix): number => symmetricEigen(a).values[0] ?? Number.NaN;
