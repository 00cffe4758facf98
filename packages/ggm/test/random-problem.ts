/** Small random problems and score matrices for the tests, each fully determined by its seed. */
import { gram, Matrix, multiply, transpose } from '@ggm-peft/linalg';

/** Standard normal numbers: a linear congruential generator (Numerical Recipes' constants) and Box–Muller. */
export function gaussianNumbers(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < 10; i++) uniform();
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** A correlation matrix [p, p] of correlated variables, shrunk by 0.3: no eigenvalue is below that. */
export function randomCorrelation(p: number, seed: number): Matrix {
  const next = gaussianNumbers(seed);
  const gaussians = (rows: number): Matrix =>
    new Matrix(
      rows,
      p,
      new Float64Array(rows * p).map(() => next()),
    );
  const samples = gaussians(2 * p + 3);
  const mix = gaussians(p);
  for (let i = 0; i < p; i++)
    for (let j = 0; j < p; j++) mix.set(i, j, 0.4 * mix.get(i, j) + (i === j ? 1 : 0));
  const covariance = gram(transpose(multiply(samples, mix)));
  const deviations = Array.from({ length: p }, (_, i) => Math.sqrt(covariance.get(i, i)));
  return new Matrix(
    p,
    p,
    covariance.data.map((value, k) => {
      const i = Math.floor(k / p);
      const j = k % p;
      return i === j ? 1 : (0.7 * value) / ((deviations[i] ?? 0) * (deviations[j] ?? 0));
    }),
  );
}

/** Positive scores [n, p] whose logarithms share a factor, with nodes of different sizes. */
export function randomScores(n: number, p: number, seed: number): Matrix {
  const next = gaussianNumbers(seed);
  const loads = Float64Array.from({ length: p }, () => next());
  const means = Float64Array.from({ length: p }, () => -12 + 2 * next());
  const scores = Matrix.zeros(n, p);
  for (let i = 0; i < n; i++) {
    const factor = next();
    for (let j = 0; j < p; j++) {
      scores.set(i, j, Math.exp((means[j] ?? 0) + (loads[j] ?? 0) * factor + next()));
    }
  }
  return scores;
}

/** Rows and columns reordered: entry (i, j) of the result is (order[i], order[j]) of `a`. */
export function permuted(a: Matrix, order: readonly number[]): Matrix {
  return Matrix.from(order.map((i) => order.map((j) => a.get(i, j))));
}

/** The largest |a_ij − b_ij|. */
export function largestDifference(a: Matrix, b: Matrix): number {
  return a.data.reduce((most, value, k) => Math.max(most, Math.abs(value - (b.data[k] ?? Number.NaN))), 0);
}
