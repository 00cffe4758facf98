/**
 * Eigenvalues and eigenvectors of a symmetric matrix, A = V diag(values) Vᵀ: scaling, Householder reduction to
 * tridiagonal form, implicit QL, sorting.
 */
import { Matrix } from '../matrix.js';
import { largestMagnitude, requireSymmetric } from '../norms.js';
import { implicitQl } from './implicit-ql.js';
import { tridiagonalise } from './tridiagonal.js';

/** A = vectors · diag(values) · vectorsᵀ. */
export interface SymmetricEigen {
  /** Eigenvalues, ascending; n of them. */
  readonly values: Float64Array;
  /** Orthonormal eigenvectors, one a column, in the order of `values`; [n, n]. */
  readonly vectors: Matrix;
}

/**
 * The full eigendecomposition of a symmetric matrix; about 10 n³ flops, backward stable.
 *
 * @param a [n, n], symmetric to 1e-6 of its largest entry; the lower triangle is what is decomposed. Not modified.
 * @throws RangeError when `a` is not square, not finite or not symmetric.
 */
export function symmetricEigen(a: Matrix): SymmetricEigen {
  requireSymmetric('symmetricEigen: a', a);
  const n = a.rows;
  // A power of two near the largest entry: scaling by it is exact, and squares can then neither overflow nor vanish.
  const largest = largestMagnitude(a);
  const exponent = largest > 0 ? Math.floor(Math.log2(largest)) : 0;
  const work = scaleByPowerOfTwo(a.data, -exponent);
  const { diagonal, offDiagonal, transposedQ } = tridiagonalise(work, n);
  implicitQl(diagonal, offDiagonal, transposedQ);

  const order = Array.from(diagonal.keys()).sort((i, j) => (diagonal[i] ?? 0) - (diagonal[j] ?? 0));
  const vectors = Matrix.zeros(n, n);
  const values = new Float64Array(n);
  order.forEach((from, to) => {
    values[to] = diagonal[from] ?? 0;
    for (let k = 0; k < n; k++) vectors.data[k * n + to] = transposedQ[from * n + k] ?? 0;
  });
  return { values: scaleByPowerOfTwo(values, exponent), vectors };
}

/** x · 2^exponent in two steps, for 2^exponent alone may lie outside the range of doubles. */
function scaleByPowerOfTwo(x: Float64Array, exponent: number): Float64Array {
  const half = Math.trunc(exponent / 2);
  const first = 2 ** half;
  const second = 2 ** (exponent - half);
  return x.map((value) => value * first * second);
}
