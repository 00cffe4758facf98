/** Columns of samples [n, p]: means, spreads, and what centring and scaling by them leaves. */
import { euclideanNorm, Matrix } from '@ggm-peft/linalg';

/** A column whose spread is below this fraction of its magnitude is constant: what is left of it is rounding. */
const CONSTANT = 1e-12;

/** Means of the columns of X [n, p]. */
export function columnMeans({ rows, cols, data }: Matrix): Float64Array {
  const means = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) means[j] = (means[j] ?? 0) + (data[i * cols + j] ?? 0) / rows;
  }
  return means;
}

/** The standard deviation √(Σ (x − x̄)² / (n − 1)) of a column's values, n ≥ 2; exactly 0 where they are constant. */
export function deviation(values: Float64Array): number {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value / n, 0);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const spread = euclideanNorm(values.map((value) => value - mean)) / Math.sqrt(n - 1);
  return varies(spread, largest) ? spread : 0;
}

/** Whether a spread is more than rounding makes of values as large as `largest`. */
export function varies(spread: number, largest: number): boolean {
  return spread > CONSTANT * largest;
}

/** The standard deviations of all columns of X [n, p]. */
export function columnDeviations(x: Matrix): Float64Array {
  return Float64Array.from({ length: x.cols }, (_, j) => deviation(x.column(j)));
}

/** The indices at which deviations are 0. */
export function constantColumns(deviations: Float64Array): number[] {
  return Array.from(deviations.keys()).filter((j) => deviations[j] === 0);
}

/** X minus its column means. */
export function centred(x: Matrix): Matrix {
  const means = columnMeans(x);
  return new Matrix(
    x.rows,
    x.cols,
    x.data.map((value, k) => value - (means[k % x.cols] ?? 0)),
  );
}

/** Columns with mean 0 and Σ z² = n − 1; constant columns all zero. */
export function standardised(x: Matrix, deviations = columnDeviations(x)): Matrix {
  const result = centred(x);
  const z = result.data;
  for (let k = 0; k < z.length; k++) {
    const spread = deviations[k % x.cols] ?? 0;
    z[k] = spread > 0 ? (z[k] ?? 0) / spread : 0;
  }
  return result;
}
