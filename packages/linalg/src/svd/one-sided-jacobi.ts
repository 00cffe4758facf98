/**
 * One-sided Jacobi (Hestenes 1958; Demmel & Veselić, SIAM J. Matrix Anal. Appl. 13, 1992): rotates the rows of B until
 * they are orthogonal, and the rows of V along with them, so that row i of B stays A vᵢ. The lengths of the rows are then singular values, accurate relative to themselves even where squares have lost the small ones.
 *
 * Here B's rows are A v for nearly right singular vectors v, so one or two sweeps are the rule.
 */

const MAX_SWEEPS = 40;
/** |cos| of the angle at which two rows count as orthogonal: what rounding leaves in an inner product. */
const ORTHOGONAL = 16 * Number.EPSILON;

/**
 * Orthogonalises the `count` rows of `b` [count, m] in place, applying every rotation to the rows of `v` [count, n].
 *
 * Rows shorter than `floor` are noise and left alone.
 */
export function orthogonaliseRows(b: Float64Array, v: Float64Array, count: number, floor: number): void {
  const m = b.length / count;
  const n = v.length / count;
  const squares = new Float64Array(count);
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    // Updated with every rotation, and afresh here before rounding errors can add up.
    for (let i = 0; i < count; i++) squares[i] = dotRows(b, m, i, i);
    let rotated = false;
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++) {
        const alpha = squares[i] ?? 0;
        const beta = squares[j] ?? 0;
        if (alpha <= floor * floor && beta <= floor * floor) continue;
        const gamma = dotRows(b, m, i, j);
        if (Math.abs(gamma) <= ORTHOGONAL * Math.sqrt(alpha * beta) || gamma === 0) continue;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(zeta, 1));
        const c = 1 / Math.hypot(t, 1);
        rotateRows(b, m, i, j, c, c * t);
        rotateRows(v, n, i, j, c, c * t);
        squares[i] = dotRows(b, m, i, i);
        squares[j] = dotRows(b, m, j, j);
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
