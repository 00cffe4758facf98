/**
 * One-sided Jacobi (Hestenes 1958; Demmel & Veselić, SIAM J. Matrix Anal. Appl. 13, 1992): rotates the rows of B until
 * they are orthogonal, and the rows of V along with them, so that row i of B stays A vᵢ. The lengths of the rows are
 * then singular values, accurate relative to themselves even where squares have lost the small ones.
 *
 * Here B's rows are A v for nearly right singular vectors v, so two or three sweeps are the rule.
 */
import type { Matrix } from '../matrix.js';
import type { JacobiLimits } from './jacobi-limits.js';
import { kernelOrthogonaliseRows } from './kernel-jacobi.js';

/** |cos| of the angle at which two rows count as orthogonal: what rounding leaves in an inner product. */
const ORTHOGONAL = 16 * Number.EPSILON;
/** More than any matrix is known to need. */
const MAX_SWEEPS = 60;
/** From so many entries in B on the kernels are faster (measured). */
const FEWEST_ENTRIES = 64;

/**
 * Orthogonalises the rows of `b` [count, m] in place, applying every rotation to the rows of `v` [count, n].
 *
 * @param floor rows no longer than this are noise and left alone. (Turned against longer rows only they would couple
 *   those again and again, for they are not orthogonal to each other.)
 */
export function orthogonaliseRows(b: Matrix, v: Matrix, floor: number): void {
  const limits = { orthogonal: ORTHOGONAL, floor, maxSweeps: MAX_SWEEPS };
  const large = b.data.length >= FEWEST_ENTRIES;
  const done = large && kernelOrthogonaliseRows(b, v, limits);
  if (!done) sweepRows(b, v, limits);
}

/** {@link orthogonaliseRows} without kernels. */
function sweepRows(b: Matrix, v: Matrix, { orthogonal, floor, maxSweeps }: JacobiLimits): void {
  const { rows: count, cols: m } = b;
  const squares = new Float64Array(count);
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    // Updated with every rotation, and afresh here before rounding errors can add up.
    for (let i = 0; i < count; i++) squares[i] = dotRows(b.data, m, i, i);
    let rotated = false;
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++) {
        const alpha = squares[i] ?? 0;
        const beta = squares[j] ?? 0;
        if (alpha <= floor * floor || beta <= floor * floor) continue;
        const gamma = dotRows(b.data, m, i, j);
        if (Math.abs(gamma) <= orthogonal * Math.sqrt(alpha * beta) || gamma === 0) continue;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(zeta, 1));
        const c = 1 / Math.hypot(t, 1);
        rotateRows(b.data, m, i, j, c, c * t);
        rotateRows(v.data, v.cols, i, j, c, c * t);
        squares[i] = dotRows(b.data, m, i, i);
        squares[j] = dotRows(b.data, m, j, j);
        rotated = true;
      }
    }
    if (!rotated) return;
  }
}

function dotRows(x: Float64Array, length: number, i: number, j: number): number {
  const p = i * length;
  const q = j * length;
  let sum = 0;
  for (let k = 0; k < length; k++) sum += (x[p + k] ?? 0) * (x[q + k] ?? 0);
  return sum;
}

function rotateRows(x: Float64Array, length: number, i: number, j: number, c: number, s: number): void {
  const p = i * length;
  const q = j * length;
  for (let k = 0; k < length; k++) {
    const u = x[p + k] ?? 0;
    const w = x[q + k] ?? 0;
    x[p + k] = c * u - s * w;
    x[q + k] = s * u + c * w;
  }
}
