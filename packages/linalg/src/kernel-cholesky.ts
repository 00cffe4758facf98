/** Cholesky's factorisation and the inverse with the compiled kernels. */
import type { CholeskyResult } from './cholesky-result.js';
import { Matrix } from './matrix.js';
import { copyOut, strideFor } from './wasm/stride.js';
import { withKernels } from './wasm/with-kernels.js';

/** What `cholesky` returns, for a checked matrix; undefined where there are no kernels. */
export function kernelCholesky(a: Matrix, tolerance: number): CholeskyResult | undefined {
  const n = a.rows;
  const stride = strideFor(n);
  return withKernels(
    () => n * stride,
    (kernels, take): CholeskyResult => {
      const work = take(n * stride);
      copyLower(a, work.data, stride);
      const pivot = kernels.cholesky(work.pointer, stride, n, tolerance);
      if (pivot < n) {
        return {
          status: 'not-positive-definite',
          pivot,
          value: work.data[pivot * stride + pivot] ?? Number.NaN,
        };
      }
      const lower = Matrix.zeros(n, n);
      for (let i = 0; i < n; i++) {
        lower.data.set(work.data.subarray(i * stride, i * stride + i + 1), i * n);
      }
      return { status: 'ok', lower };
    },
  );
}

/** (L Lᵀ)⁻¹ [n, n], exactly symmetric; undefined where there are no kernels. */
export function kernelInverse(lower: Matrix): Matrix | undefined {
  const n = lower.rows;
  const stride = strideFor(n);
  return withKernels(
    () => 2 * n * stride,
    (kernels, take) => {
      const work = take(n * stride);
      copyLower(lower, work.data, stride);
      kernels.invert(work.pointer, stride, take(n * stride).pointer, n);
      kernels.mirrorLower(work.pointer, stride, n);
      return new Matrix(n, n, copyOut(work.data, n, n, stride));
    },
  );
}

/** The lower triangle of a square matrix, to rows `stride` apart; what lies above the diagonal is left as it is. */
function copyLower({ rows: n, data }: Matrix, to: Float64Array, stride: number): void {
  for (let i = 0; i < n; i++) to.set(data.subarray(i * n, i * n + i + 1), i * stride);
}
