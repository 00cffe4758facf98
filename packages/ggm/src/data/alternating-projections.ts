/**
 * The nearest correlation matrix: of all symmetric X with a unit diagonal and no eigenvalue below δ, the one with the
 * least ‖X − A‖_F, by alternating projections with Dykstra's correction (Higham, IMA J. Numer. Anal. 22, 2002, alg. 3.3):
 *
 *   R = Y − C;  X = P_δ(R);  C = X − R;  Y = X with a unit diagonal,   until ‖Y − X‖_F ≤ tolerance · ‖Y‖_F
 *
 * where P_δ raises the eigenvalues below δ to δ. Each iteration costs one eigendecomposition; convergence is linear.
 *
 * Different on purpose: the published algorithm returns Y, whose eigenvalues lie slightly below δ. Here the last X, which
 * is definite, is scaled to a unit diagonal and, since scaling moves its eigenvalues by as much, mixed with as little of
 * the identity as brings them back. So the answer is definite even where the iterations ran out.
 */
import { euclideanNorm, fromEigen, frobeniusNorm, Matrix, symmetricEigen } from '@ggm-peft/linalg';

/** Where the iteration ended. */
export interface ProjectedCorrelation {
  /** [p, p], unit diagonal, eigenvalues ≥ δ. */
  readonly matrix: Matrix;
  readonly iterations: number;
  /** ‖Y − X‖_F / ‖Y‖_F at the end. */
  readonly gap: number;
}

/** Runs the iteration from a symmetric A [p, p]; 0 ≤ δ ≤ 1. */
export function alternatingProjections(
  a: Matrix,
  leastEigenvalue: number,
  tolerance: number,
  maxIterations: number,
): ProjectedCorrelation {
  const p = a.rows;
  let y = withUnitDiagonal(a);
  let correction = new Float64Array(p * p);
  for (let iterations = 1; ; iterations++) {
    const before = correction;
    const r = new Matrix(
      p,
      p,
      y.data.map((value, k) => value - (before[k] ?? 0)),
    );
    const x = raiseEigenvalues(r, leastEigenvalue);
    correction = x.data.map((value, k) => value - (r.data[k] ?? 0));
    y = withUnitDiagonal(x);
    const gap = distance(x, y) / frobeniusNorm(y);
    if (gap <= tolerance || iterations >= maxIterations) {
      return { matrix: scaledToUnitDiagonal(x, leastEigenvalue), iterations, gap };
    }
  }
}

/** P_δ(A): the nearest matrix without eigenvalues below δ. */
export function raiseEigenvalues(a: Matrix, leastEigenvalue: number): Matrix {
  const { values, vectors } = symmetricEigen(a);
  return fromEigen(
    values.map((value) => Math.max(value, leastEigenvalue)),
    vectors,
  );
}

/** ‖A − B‖_F. */
export function distance(a: Matrix, b: Matrix): number {
  return euclideanNorm(a.data.map((value, k) => value - (b.data[k] ?? 0)));
}

function withUnitDiagonal(a: Matrix): Matrix {
  const result = a.clone();
  for (let i = 0; i < a.rows; i++) result.data[i * a.cols + i] = 1;
  return result;
}

/** D X D with a unit diagonal, its eigenvalues kept at δ or above by a little of the identity. */
function scaledToUnitDiagonal(x: Matrix, leastEigenvalue: number): Matrix {
  const p = x.rows;
  const scales = Float64Array.from({ length: p }, (_, i) => {
    const variance = x.data[i * p + i] ?? 0;
    return variance > 0 ? 1 / Math.sqrt(variance) : 1; // a zero diagonal of a semidefinite X has a zero row
  });
  // The least eigenvalue of D X D is at least δ · min d².
  const bound = leastEigenvalue * scales.reduce((least, scale) => Math.min(least, scale * scale), 1);
  const share = bound < 1 ? (leastEigenvalue - bound) / (1 - bound) : 0;
  return new Matrix(
    p,
    p,
    x.data.map((value, k) => {
      const i = Math.floor(k / p);
      const j = k % p;
      return i === j ? 1 : (1 - share) * value * ((scales[i] ?? 0) * (scales[j] ?? 0));
    }),
  );
}
