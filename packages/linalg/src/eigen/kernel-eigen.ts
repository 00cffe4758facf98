/**
 * The symmetric eigenproblem with the compiled kernels: reduction to tridiagonal form, divide and conquer, and the
 * reflectors applied to the eigenvectors of the tridiagonal matrix. A = Q T Qᵀ, T = W diag(d) Wᵀ, V = Q W.
 */
import type { Kernels, Pointer } from '../wasm/kernels.js';
import { copyOut, strideFor } from '../wasm/stride.js';
import { withKernels, type Take } from '../wasm/with-kernels.js';
import { divideAndConquer } from './divide-and-conquer.js';
import type { Tridiagonal } from './tridiagonal.js';
import { takeWorkplace, workplaceRoom } from './workplace.js';

/** Eigenvalues, ascending, and eigenvectors, one a column, [n, n] row by row. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/**
 * Eigenvalues and eigenvectors of the symmetric matrix whose lower triangle `a` [n, n] holds; its largest entry should
 * be near 1. Undefined where there are no kernels.
 */
export function kernelEigen(a: Float64Array, n: number): Eigen | undefined {
  const stride = strideFor(n);
  return withKernels(
    (kernels) => reductionRoom(kernels, n) + workplaceRoom(n) + kernels.reflectorScratch(n, n),
    (kernels, take) => {
      const { diagonal, offDiagonal, reflectors, halfSquares } = reduce(kernels, take, a, n);
      const place = takeWorkplace(kernels, take, n);
      const values = diagonal.slice();
      divideAndConquer(values, offDiagonal, place);
      const scratch = take(kernels.reflectorScratch(n, n));
      kernels.applyReflectors(
        place.vectors.pointer,
        stride,
        n,
        reflectors,
        stride,
        n,
        halfSquares,
        scratch.pointer,
      );
      return { values, vectors: copyOut(place.vectors.data, n, n, stride) };
    },
  );
}

/** T of A = Q T Qᵀ for the matrix that {@link kernelEigen} takes; undefined where there are no kernels. */
export function kernelTridiagonal(a: Float64Array, n: number): Tridiagonal | undefined {
  return withKernels(
    (kernels) => reductionRoom(kernels, n),
    (kernels, take) => {
      const { diagonal, offDiagonal } = reduce(kernels, take, a, n);
      return { diagonal: diagonal.slice(), offDiagonal: offDiagonal.slice() };
    },
  );
}

/** T in the kernels' memory, and where the reflectors lie. */
interface KernelReduction extends Tridiagonal {
  readonly reflectors: Pointer;
  readonly halfSquares: Pointer;
}

/** Doubles that {@link reduce} takes. */
function reductionRoom(kernels: Kernels, n: number): number {
  return n * strideFor(n) + 3 * n + kernels.tridiagonalScratch(n);
}

function reduce(kernels: Kernels, take: Take, a: Float64Array, n: number): KernelReduction {
  const stride = strideFor(n);
  const work = take(n * stride);
  const diagonal = take(n);
  const offDiagonal = take(n);
  const halfSquares = take(n);
  const scratch = take(kernels.tridiagonalScratch(n));
  for (let i = 0; i < n; i++) work.data.set(a.subarray(i * n, i * n + i + 1), i * stride);
  kernels.tridiagonalise(
    work.pointer,
    stride,
    n,
    diagonal.pointer,
    offDiagonal.pointer,
    halfSquares.pointer,
    scratch.pointer,
  );
  return {
    diagonal: diagonal.data,
    offDiagonal: offDiagonal.data,
    reflectors: work.pointer,
    halfSquares: halfSquares.pointer,
  };
}
