/** Products with the compiled kernels. All are C = X Yᵀ, rows meeting rows, of operands that may lie by columns. */
import type { Matrix } from './matrix.js';
import { copyIn, copyOut, strideFor } from './wasm/stride.js';
import { withKernels, type Region, type Take } from './wasm/with-kernels.js';

/** Rows of an operand: those of `matrix`, or its columns. */
export interface Rows {
  readonly matrix: Matrix;
  readonly byColumns: boolean;
}

/** Below so many multiplications the kernels do not pay: copying in and out takes longer (measured). */
const FEWEST_MULTIPLICATIONS = 16 ** 3;

/** Whether a product of m × k by k × n is large enough for the kernels. */
export function isLargeProduct(m: number, n: number, k: number): boolean {
  return m * n * k >= FEWEST_MULTIPLICATIONS;
}

/** X Yᵀ [m, n] for rows x [m, k] and y [n, k]; undefined where there are no kernels. */
export function kernelProduct(x: Rows, y: Rows): Float64Array | undefined {
  const m = rowCount(x);
  const n = rowCount(y);
  const k = x.byColumns ? x.matrix.rows : x.matrix.cols;
  const ldc = strideFor(n);
  const room = roomFor(x.matrix) + roomFor(y.matrix) + m * ldc;
  return withKernels(
    () => room,
    (kernels, take) => {
      const a = load(take, x.matrix);
      const b = load(take, y.matrix);
      const c = take(m * ldc);
      kernels.product(
        a.pointer,
        a.stride,
        x.byColumns,
        b.pointer,
        b.stride,
        y.byColumns,
        c.pointer,
        ldc,
        m,
        n,
        k,
      );
      return copyOut(c.data, m, n, ldc);
    },
  );
}

/**
 * V diag(scale) Vᵀ [n, n] for the rows of V [n, k], exactly symmetric; without `scale`, V Vᵀ. Undefined where there
 * are no kernels.
 */
export function kernelSymmetricProduct(v: Matrix, scale?: Float64Array): Float64Array | undefined {
  const { rows: n, cols: k } = v;
  const ldc = strideFor(n);
  const room = 2 * roomFor(v) + n * ldc;
  return withKernels(
    () => room,
    (kernels, take) => {
      const a = load(take, v);
      const b = scale === undefined ? a : scaled(take, a, v, scale);
      const c = take(n * ldc);
      kernels.lowerProduct(b.pointer, b.stride, a.pointer, a.stride, c.pointer, ldc, n, k);
      kernels.mirrorLower(c.pointer, ldc, n);
      return copyOut(c.data, n, n, ldc);
    },
  );
}

interface LoadedMatrix extends Region {
  readonly stride: number;
}

function rowCount({ matrix, byColumns }: Rows): number {
  return byColumns ? matrix.cols : matrix.rows;
}

/** Doubles that {@link load} takes. */
function roomFor({ rows, cols }: Matrix): number {
  return rows * strideFor(cols);
}

/** Copies a matrix into the kernels' memory. */
function load(take: Take, { rows, cols, data }: Matrix): LoadedMatrix {
  const stride = strideFor(cols);
  const region = take(rows * stride);
  copyIn(data, rows, cols, region.data, stride);
  return { ...region, stride };
}

/** A diag(scale) beside A, which has the shape of `shape`. */
function scaled(take: Take, a: LoadedMatrix, shape: Matrix, scale: Float64Array): LoadedMatrix {
  const { rows, cols } = shape;
  const { data: from, stride } = a;
  const region = take(rows * stride);
  const to = region.data;
  for (let i = 0; i < rows; i++) {
    const row = i * stride;
    for (let j = 0; j < cols; j++) to[row + j] = (from[row + j] ?? 0) * (scale[j] ?? 0);
  }
  return { ...region, stride };
}
