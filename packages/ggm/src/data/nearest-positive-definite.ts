/**
 * The nearest positive definite matrix in the Frobenius norm, for estimates that are not covariance matrices: those
 * from pairwise complete observations or transformed rank correlations.
 *
 * `correlation`: unit diagonal and eigenvalues ≥ δ, by alternating projections (Higham 2002; alternating-projections.ts).
 * `covariance`: eigenvalues ≥ δ, by raising those below (Higham, Linear Algebra Appl. 103, 1988). This makes variances
 * grow and treats all variables as if they had one unit: where they differ, repair the correlation matrix.
 */
import { checkOptions, cholesky, requireSymmetric, type Matrix } from '@ggm-peft/linalg';
import { alternatingProjections, distance, raiseEigenvalues } from './alternating-projections.js';

/** Options of {@link nearestPositiveDefinite}. */
export interface NearestPositiveDefiniteOptions {
  /** Default `correlation`. */
  readonly kind?: 'correlation' | 'covariance';
  /**
   * δ: the least eigenvalue that the answer is to have. Default 1e-6, for `covariance` times the mean of the diagonal.
   * At least 0 (semidefinite); at most 1 for `correlation`.
   */
  readonly leastEigenvalue?: number;
  /** `correlation`: relative gap between the two projections to stop at, positive; default 1e-7. */
  readonly tolerance?: number;
  /** `correlation`: most iterations, a positive integer; default 200. */
  readonly maxIterations?: number;
}

/** The nearest matrix and how far it is. */
export interface NearestPositiveDefinite {
  /** [p, p], symmetric, no eigenvalue below δ (to rounding). */
  readonly matrix: Matrix;
  /** ‖matrix − A‖_F; 0 where A was returned as it is. */
  readonly distance: number;
  /** `unchanged`: A had what was asked. `iteration-limit`: the answer has it, but a nearer one exists. */
  readonly status: 'unchanged' | 'converged' | 'iteration-limit';
  /** Eigendecompositions made. */
  readonly iterations: number;
  /** A sentence on what was done. */
  readonly message: string;
}

/**
 * The nearest positive definite matrix to `a`.
 *
 * @param a A [p, p], symmetric, finite. Not modified.
 * @throws RangeError when `a` is not square, finite and symmetric, or an option is out of range.
 */
export function nearestPositiveDefinite(
  a: Matrix,
  options: NearestPositiveDefiniteOptions = {},
): NearestPositiveDefinite {
  checkOptions('nearestPositiveDefinite', options, ['kind', 'leastEigenvalue', 'tolerance', 'maxIterations']);
  requireSymmetric('nearestPositiveDefinite: a', a);
  const { kind, leastEigenvalue, tolerance, maxIterations } = complete(a, options);
  if ((kind === 'covariance' || hasUnitDiagonal(a)) && isAbove(a, leastEigenvalue)) {
    const message = `Unchanged: no eigenvalue lies below ${leastEigenvalue.toExponential(2)}.`;
    return { matrix: a.clone(), distance: 0, status: 'unchanged', iterations: 0, message };
  }
  if (kind === 'covariance') {
    const matrix = raiseEigenvalues(a, leastEigenvalue);
    const moved = distance(matrix, a);
    const message = `Eigenvalues below ${leastEigenvalue.toExponential(2)} were raised to it; Frobenius distance ${moved.toExponential(2)}.`;
    return { matrix, distance: moved, status: 'converged', iterations: 1, message };
  }
  const { matrix, iterations, gap } = alternatingProjections(a, leastEigenvalue, tolerance, maxIterations);
  const moved = distance(matrix, a);
  const converged = gap <= tolerance;
  const reached = `gap ${gap.toExponential(2)} after ${iterations} alternating projections, tolerance ${tolerance.toExponential(2)}; Frobenius distance ${moved.toExponential(2)}`;
  return {
    matrix,
    distance: moved,
    status: converged ? 'converged' : 'iteration-limit',
    iterations,
    message: converged
      ? `Replaced by the nearest correlation matrix: ${reached}.`
      : `Replaced by a correlation matrix near by, not the nearest: ${reached}. Raise maxIterations or leastEigenvalue.`,
  };
}

/** The options with their defaults, checked. */
function complete(
  a: Matrix,
  options: NearestPositiveDefiniteOptions,
): Required<NearestPositiveDefiniteOptions> {
  const { kind = 'correlation', tolerance = 1e-7, maxIterations = 200 } = options;
  requireKind(kind);
  const { leastEigenvalue = kind === 'correlation' ? 1e-6 : 1e-6 * meanDiagonal(a) } = options;
  const most = kind === 'correlation' ? 1 : Number.MAX_VALUE;
  if (!(leastEigenvalue >= 0 && leastEigenvalue <= most)) {
    throw new RangeError(
      `nearestPositiveDefinite: leastEigenvalue must lie in [0, ${most}]; got ${leastEigenvalue}` +
        (options.leastEigenvalue === undefined ? ', 1e-6 of the mean of the diagonal' : ''),
    );
  }
  if (!(tolerance > 0)) {
    throw new RangeError(`nearestPositiveDefinite: tolerance must be positive; got ${tolerance}`);
  }
  if (!Number.isInteger(maxIterations) || maxIterations < 1) {
    throw new RangeError(
      `nearestPositiveDefinite: maxIterations must be a positive integer; got ${maxIterations}`,
    );
  }
  return { kind, leastEigenvalue, tolerance, maxIterations };
}

function requireKind(kind: string): void {
  if (kind !== 'correlation' && kind !== 'covariance') {
    throw new RangeError(
      `nearestPositiveDefinite: kind must be "correlation" or "covariance"; got "${kind}"`,
    );
  }
}

function meanDiagonal(a: Matrix): number {
  let trace = 0;
  for (let i = 0; i < a.rows; i++) trace += a.data[i * a.cols + i] ?? 0;
  return trace / a.rows;
}

function hasUnitDiagonal(a: Matrix): boolean {
  return Array.from({ length: a.rows }, (_, i) => a.data[i * a.cols + i]).every((value) => value === 1);
}

/** Whether A − δI is positive definite. */
function isAbove(a: Matrix, leastEigenvalue: number): boolean {
  const shifted = a.clone();
  for (let i = 0; i < a.rows; i++) {
    const k = i * a.cols + i;
    shifted.data[k] = (shifted.data[k] ?? 0) - leastEigenvalue;
  }
  return cholesky(shifted).status === 'ok';
}
