/**
 * The proximal Newton direction of the entry model at Ω, W = Ω⁻¹ (Hsieh, Sustik, Dhillon & Ravikumar, J. Mach. Learn.
 * Res. 15, 2014, "QUIC", §3): the symmetric D that minimises
 *
 *   tr((S − W) D) + ½ tr(W D W D) + Σ_ij e_ij(|ω_ij + d_ij|)
 *
 * over the active entries, by coordinate descent. For the pair (i, j), a = w_ij² + w_ii w_jj (w_ii² on the diagonal) and
 * slope b = s_ij − w_ij + (W D W)_ij the best move is z − c with c = ω_ij + d_ij and z the prox of e_ij/a at c − b/a,
 * which is exact for every penalty, convex or not.
 *
 * Different from the paper's: V = W D is kept so that (W D W)_ij is a product of two rows; and while the pairs of
 * one row j are visited only two entries of V's row j change a move, so V's other rows wait until the row is done.
 */
import { Matrix } from '@ggm-peft/linalg';
import type { Envelope } from '../../problem/envelope.js';

/** Passes over the active entries, at most, and the fraction of D below which the moves of one end them. Measured: more
 * exact directions save no iterations worth their passes. */
const PASSES = 10;
const ACCURACY = 0.05;

/** Active entries (i ≤ j), by j: the rows i of column j. */
export type ActiveSet = readonly Int32Array[];

export interface DirectionInput {
  readonly omega: Matrix;
  /** W [p, p] */
  readonly inverse: Matrix;
  /** S − W [p, p] */
  readonly gradient: Matrix;
  readonly active: ActiveSet;
  /** e_ij; the same object for equal weights. */
  readonly envelopeOf: (k: number) => Envelope;
}

/** D [p, p]. */
export function newtonDirection(input: DirectionInput): Matrix {
  const { omega, inverse, gradient, active, envelopeOf } = input;
  const p = omega.rows;
  const w = inverse.data;
  const direction = Matrix.zeros(p, p);
  const d = direction.data;
  const v = new Float64Array(p * p);
  const moves = new Float64Array(p); // of the present row's pairs
  for (let pass = 0; pass < PASSES; pass++) {
    let moved = 0;
    let size = 0;
    for (let j = 0; j < p; j++) {
      const rows = active[j];
      if (rows === undefined) continue;
      const at = j * p;
      const wjj = w[at + j] ?? 0;
      let any = false;
      for (let r = 0; r < rows.length; r++) {
        const i = rows[r] ?? 0;
        const k = i * p + j;
        const wij = w[at + i] ?? 0;
        const curvature = i === j ? wij * wij : wij * wij + (w[i * p + i] ?? 0) * wjj;
        const slope = (gradient.data[k] ?? 0) + rowProduct(w, i * p, v, at, p);
        const c = (omega.data[k] ?? 0) + (d[k] ?? 0);
        const aim = c - slope / curvature;
        const z = Math.sign(aim) * envelopeOf(k).prox(Math.abs(aim), 1 / curvature);
        const move = z - c;
        moves[r] = move;
        if (move !== 0) {
          any = true;
          d[k] = (d[k] ?? 0) + move;
          if (i !== j) d[at + i] = d[k] ?? 0;
          // What the pairs that follow in this row see of V.
          v[at + i] = (v[at + i] ?? 0) + move * wjj;
          if (i !== j) v[at + j] = (v[at + j] ?? 0) + move * wij;
        }
        moved += Math.abs(move);
        size += Math.abs(d[k] ?? 0);
      }
      if (any) updateOtherRows(w, v, j, rows, moves, p);
    }
    if (moved <= ACCURACY * size) break;
  }
  return direction;
}

/** V[k, i] += move · W[k, j] and V[k, j] += move · W[k, i] for the row's pairs (i, j), all k but j itself. */
function updateOtherRows(
  w: Float64Array,
  v: Float64Array,
  j: number,
  rows: Int32Array,
  moves: Float64Array,
  p: number,
): void {
  for (let k = 0; k < p; k++) {
    if (k === j) continue;
    const at = k * p;
    const wkj = w[at + j] ?? 0;
    let sum = 0;
    for (let r = 0; r < rows.length; r++) {
      const move = moves[r] ?? 0;
      if (move === 0) continue;
      const i = rows[r] ?? 0;
      v[at + i] = (v[at + i] ?? 0) + move * wkj;
      if (i !== j) sum += move * (w[at + i] ?? 0);
    }
    v[at + j] = (v[at + j] ?? 0) + sum;
  }
}

/** Σ_k x[from + k] y[start + k] in four sums. */
function rowProduct(x: Float64Array, from: number, y: Float64Array, start: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += (x[from + k] ?? 0) * (y[start + k] ?? 0);
    s1 += (x[from + k + 1] ?? 0) * (y[start + k + 1] ?? 0);
    s2 += (x[from + k + 2] ?? 0) * (y[start + k + 2] ?? 0);
    s3 += (x[from + k + 3] ?? 0) * (y[start + k + 3] ?? 0);
  }
  for (; k < length; k++) s0 += (x[from + k] ?? 0) * (y[start + k] ?? 0);
  return s0 + s1 + (s2 + s3);
}
