/**
 * Eigenvalues and eigenvectors of a symmetric matrix, A = V diag(values) Vᵀ. The matrix is scaled, brought to
 * tridiagonal form by Householder reflections and solved there: by divide and conquer with the compiled kernels where
 * it is large enough and they can run, else by implicit QL in JavaScript.
 */
import { Matrix } from '../matrix.js';
import { largestMagnitude, requireSymmetric } from '../norms.js';
import { exponentOf, scaleByPowerOfTwo } from '../power-of-two.js';
import { ascending } from './ascending.js';
import { implicitQl } from './implicit-ql.js';
import { kernelEigen, kernelTridiagonal, type Eigen } from './kernel-eigen.js';
import { accumulateReflectors, tridiagonalise } from './tridiagonal.js';

/** A = vectors · diag(values) · vectorsᵀ. */
export interface SymmetricEigen {
  /** Eigenvalues, ascending; n of them. */
  readonly values: Float64Array;
  /** Orthonormal eigenvectors, one a column, in the order of `values`; [n, n]. */
  readonly vectors: Matrix;
}

/** From this size on the kernels are faster (measured). */
const SMALLEST_FOR_KERNELS = 24;

/**
 * The full eigendecomposition of a symmetric matrix; about 4 n³ flops, fewer where eigenvalues cluster. Backward
 * stable: the residual A V − V Λ and VᵀV − I are of the order of rounding errors.
 *
 * @param a [n, n], symmetric to 1e-6 of its largest entry; the lower triangle is what is decomposed. Not modified.
 * @throws RangeError when `a` is not square, not finite or not symmetric.
 */
export function symmetricEigen(a: Matrix): SymmetricEigen {
  requireSymmetric('symmetricEigen: a', a);
  const n = a.rows;
  const { work, exponent } = scaled(a);
  const large = n >= SMALLEST_FOR_KERNELS;
  const { values, vectors } = (large ? kernelEigen(work, n) : undefined) ?? householderQl(work, n);
  scaleByPowerOfTwo(values, exponent);
  return { values, vectors: new Matrix(n, n, vectors) };
}

/**
 * The eigenvalues alone, ascending; about a third of the work, and the same accuracy.
 *
 * @param a as for {@link symmetricEigen}.
 * @throws RangeError when `a` is not square, not finite or not symmetric.
 */
export function symmetricEigenvalues(a: Matrix): Float64Array {
  requireSymmetric('symmetricEigenvalues: a', a);
  const n = a.rows;
  const { work, exponent } = scaled(a);
  const large = n >= SMALLEST_FOR_KERNELS;
  const { diagonal, offDiagonal } =
    (large ? kernelTridiagonal(work, n) : undefined) ?? tridiagonalise(work, n);
  implicitQl(diagonal, offDiagonal);
  diagonal.sort();
  scaleByPowerOfTwo(diagonal, exponent);
  return diagonal;
}

/** A copy whose largest entry lies in [1, 2), and the power of two that was taken out. */
function scaled(a: Matrix): { work: Float64Array; exponent: number } {
  const exponent = exponentOf(largestMagnitude(a));
  const work = a.data.slice();
  scaleByPowerOfTwo(work, -exponent);
  return { work, exponent };
}

/** The decomposition without kernels. Overwrites `a`. */
function householderQl(a: Float64Array, n: number): Eigen {
  const { diagonal, offDiagonal, halfSquares } = tridiagonalise(a, n);
  const rows = accumulateReflectors(a, halfSquares, n);
  implicitQl(diagonal, offDiagonal, rows);
  const vectors = new Float64Array(n * n);
  const values = new Float64Array(n);
  ascending(diagonal).forEach((from, to) => {
    values[to] = diagonal[from] ?? 0;
    for (let k = 0; k < n; k++) vectors[k * n + to] = rows[from * n + k] ?? 0;
  });
  return { values, vectors };
}
