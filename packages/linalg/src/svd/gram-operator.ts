/**
 * X ↦ AᵀA X for a block of vectors: two products with the compiled kernels; without them one pass over A, in which each
 * pair of rows of A meets four vectors at once (their inner products), then goes back into the four results while it is
 * still in cache.
 */
import type { Matrix } from '../matrix.js';
import { copyIn, copyOut, strideFor } from '../wasm/stride.js';
import { withKernels } from '../wasm/with-kernels.js';

/** Vectors that go through the kernel together; blocks must be a multiple of it. */
export const LANES = 4;

/**
 * Returns AᵀA x for each row x of `block`.
 *
 * @param a [m, n].
 * @param block [b, n] with b a multiple of {@link LANES}; the vectors are its rows.
 * @returns [b, n], row by row.
 */
export function applyGram(a: Matrix, block: Float64Array): Float64Array {
  return applyWithKernels(a, block) ?? applyByLanes(a, block);
}

/** {@link applyGram} with the kernels; undefined where there are none. */
function applyWithKernels(a: Matrix, block: Float64Array): Float64Array | undefined {
  const { rows: m, cols: n } = a;
  const count = block.length / n;
  const ldm = strideFor(m);
  const ldn = strideFor(n);
  return withKernels(
    () => m * ldn + 2 * count * ldn + count * ldm,
    (kernels, take) => {
      const matrix = take(m * ldn);
      const vectors = take(count * ldn);
      const images = take(count * ldm);
      const result = take(count * ldn);
      copyIn(a.data, m, n, matrix.data, ldn);
      copyIn(block, count, n, vectors.data, ldn);
      const [x, y, z, w] = [vectors.pointer, matrix.pointer, images.pointer, result.pointer];
      kernels.product(x, ldn, false, y, ldn, false, z, ldm, count, m, n); // A x, row by row
      kernels.product(z, ldm, false, y, ldn, true, w, ldn, count, n, m);
      return copyOut(result.data, count, n, ldn);
    },
  );
}

/** {@link applyGram} in JavaScript. */
function applyByLanes(a: Matrix, block: Float64Array): Float64Array {
  const n = a.cols;
  const result = new Float64Array(block.length);
  const x = new Float64Array(n * LANES);
  const y = new Float64Array(n * LANES);
  for (let first = 0; first < block.length; first += n * LANES) {
    for (let lane = 0; lane < LANES; lane++) {
      for (let j = 0; j < n; j++) x[j * LANES + lane] = block[first + lane * n + j] ?? 0;
    }
    y.fill(0);
    applyToFour(a, x, y);
    for (let lane = 0; lane < LANES; lane++) {
      for (let j = 0; j < n; j++) result[first + lane * n + j] = y[j * LANES + lane] ?? 0;
    }
  }
  return result;
}

/** y += AᵀA x for four interleaved vectors, x[j, lane]. */
function applyToFour(a: Matrix, x: Float64Array, y: Float64Array): void {
  const { rows: m, cols: n, data } = a;
  for (let i = 0; i < m; i += 2) {
    const o = i * n;
    // An odd last row is paired with itself and counted once.
    const paired = i + 1 < m;
    const q = paired ? o + n : o;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let t0 = 0;
    let t1 = 0;
    let t2 = 0;
    let t3 = 0;
    for (let j = 0, k = 0; j < n; j++, k += LANES) {
      const e = data[o + j] ?? 0;
      const f = data[q + j] ?? 0;
      const x0 = x[k] ?? 0;
      const x1 = x[k + 1] ?? 0;
      const x2 = x[k + 2] ?? 0;
      const x3 = x[k + 3] ?? 0;
      s0 += e * x0;
      s1 += e * x1;
      s2 += e * x2;
      s3 += e * x3;
      t0 += f * x0;
      t1 += f * x1;
      t2 += f * x2;
      t3 += f * x3;
    }
    if (!paired) t0 = t1 = t2 = t3 = 0;
    for (let j = 0, k = 0; j < n; j++, k += LANES) {
      const e = data[o + j] ?? 0;
      const f = data[q + j] ?? 0;
      y[k] = (y[k] ?? 0) + s0 * e + t0 * f;
      y[k + 1] = (y[k + 1] ?? 0) + s1 * e + t1 * f;
      y[k + 2] = (y[k + 2] ?? 0) + s2 * e + t2 * f;
      y[k + 3] = (y[k + 3] ?? 0) + s3 * e + t3 * f;
    }
  }
}
