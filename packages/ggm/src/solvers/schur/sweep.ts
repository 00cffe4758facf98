/**
 * One pass over the columns of B, each set to its best value given the others. In the eigenvectors of A = E diag(1/d) Eᵀ
 * (norms of columns do not change) column j's problem has a diagonal quadratic part,
 *
 *   min_b  s Σ_k d_k b_k² + 2 c·b + e(‖b‖),   s = S_jj,   c = (EᵀS_IJ)_j + d ∘ ((B S_JJ)_j − s B_j).
 *
 * A proximal gradient step from the present column decides whether it is zero. If it is not, b = −c / (s d + ω) with
 * ω = e′(r)/2r at the new length r, repeated: e(√u) is concave wherever it matters, so each repetition majorises and
 * minimises, and φ falls. A column is kept as it was if all of that failed to lower its own problem's value.
 */
import type { Matrix } from '@ggm-peft/linalg';
import type { Envelope } from '../../problem/envelope.js';

const REPETITIONS = 5;
const SETTLED = 1e-12;

/** What a sweep works on, transposed so that a column of B is contiguous; `b` and `products` are overwritten. */
export interface SweepInput {
  /** d [m] */
  readonly curvatures: Float64Array;
  /** (Eᵀ S_IJ)ᵀ [q, m] */
  readonly linear: Float64Array;
  /** S_JJ [q, q] */
  readonly covarianceJJ: Matrix;
  readonly envelopes: readonly Envelope[];
  /** (Eᵀ B)ᵀ [q, m] */
  readonly b: Float64Array;
  /** (Eᵀ B S_JJ)ᵀ [q, m] */
  readonly products: Float64Array;
}

export function sweep({ curvatures: d, linear, covarianceJJ, envelopes, b, products }: SweepInput): void {
  const m = d.length;
  const q = covarianceJJ.rows;
  const steepest = d.reduce((a, value) => Math.max(a, value), 0);
  const c = new Float64Array(m);
  const next = new Float64Array(m);
  for (let j = 0; j < q; j++) {
    const e = envelopes[j];
    if (e === undefined) continue;
    const at = j * m;
    const s = covarianceJJ.data[j * q + j] ?? 0;
    for (let k = 0; k < m; k++) {
      c[k] = (linear[at + k] ?? 0) + (d[k] ?? 0) * ((products[at + k] ?? 0) - s * (b[at + k] ?? 0));
    }
    const before = b.subarray(at, at + m);
    bestColumn(e, s, steepest, d, c, before, next);
    if (!(columnValue(e, s, d, c, next) < columnValue(e, s, d, c, before))) continue;
    for (let k = 0; k < m; k++) {
      const value = next[k] ?? 0;
      next[k] = value - (before[k] ?? 0);
      before[k] = value;
    }
    for (let l = 0; l < q; l++) {
      const share = covarianceJJ.data[j * q + l] ?? 0;
      const row = l * m;
      for (let k = 0; k < m; k++) products[row + k] = (products[row + k] ?? 0) + share * (next[k] ?? 0);
    }
  }
}

/** Writes the improved column to `next`. */
function bestColumn(
  e: Envelope,
  s: number,
  steepest: number,
  d: Float64Array,
  c: Float64Array,
  before: Float64Array,
  next: Float64Array,
): void {
  const m = d.length;
  for (let k = 0; k < m; k++) {
    next[k] = (before[k] ?? 0) - (s * (d[k] ?? 0) * (before[k] ?? 0) + (c[k] ?? 0)) / (s * steepest);
  }
  const length = norm(next);
  let r = length > 0 ? e.prox(length, 1 / (2 * s * steepest)) : 0;
  const factor = length > 0 ? r / length : 0;
  for (let k = 0; k < m; k++) next[k] = (next[k] ?? 0) * factor;
  for (let repetition = 0; r > 0 && repetition < REPETITIONS; repetition++) {
    const omega = e.slope(r) / (2 * r);
    for (let k = 0; k < m; k++) next[k] = -(c[k] ?? 0) / (s * (d[k] ?? 0) + omega);
    const longer = norm(next);
    const settled = Math.abs(longer - r) <= SETTLED * r;
    r = longer;
    if (settled) break;
  }
}

function columnValue(e: Envelope, s: number, d: Float64Array, c: Float64Array, b: Float64Array): number {
  let value = 0;
  for (let k = 0; k < b.length; k++) {
    const x = b[k] ?? 0;
    value += x * (s * (d[k] ?? 0) * x + 2 * (c[k] ?? 0));
  }
  return value + e.value(norm(b));
}

/** Lengths of columns are of order one: no scaling is needed. */
function norm(x: Float64Array): number {
  let square = 0;
  for (let k = 0; k < x.length; k++) square += (x[k] ?? 0) * (x[k] ?? 0);
  return Math.sqrt(square);
}
