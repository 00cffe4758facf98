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
 * Different from the paper's, which keeps D W up to date: (W D W)_ij = w_i · u with u = D w_j, made afresh for each j from
 * the entries of D alone. While the pairs of j are visited a move changes two entries of u.
 */
import type { Matrix } from '@ggm-peft/linalg';
import type { Envelope } from '../../problem/envelope.js';
import { SymmetricEntries, type ActiveSet } from './symmetric-entries.js';

/** Passes over the active entries, at most, and the fraction of D below which the moves of one end them. Measured: more
 * exact directions save no iterations worth their passes. */
const PASSES = 3;
const ACCURACY = 0.05;

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
  const d = new SymmetricEntries(p, active);
  const u = new Float64Array(p);
  for (let pass = 0; pass < PASSES; pass++) {
    let moved = 0;
    let size = 0;
    for (let j = 0; j < p; j++) {
      const at = j * p;
      const wjj = w[at + j] ?? 0;
      d.timesRow(w, at, u);
      for (let position = d.first(j); position < d.firstAbove(j); position++) {
        const i = d.columns[position] ?? 0;
        const k = i * p + j;
        const wij = w[at + i] ?? 0;
        const curvature = i === j ? wij * wij : wij * wij + (w[i * p + i] ?? 0) * wjj;
        const slope = (gradient.data[k] ?? 0) + rowProduct(w, i * p, u);
        const before = d.values[position] ?? 0;
        const c = (omega.data[k] ?? 0) + before;
        const aim = c - slope / curvature;
        const move = Math.sign(aim) * envelopeOf(k).prox(Math.abs(aim), 1 / curvature) - c;
        if (move !== 0) {
          d.set(position, before + move);
          u[i] = (u[i] ?? 0) + move * wjj;
          if (i !== j) u[j] = (u[j] ?? 0) + move * wij;
        }
        moved += Math.abs(move);
        size += Math.abs(before + move);
      }
    }
    if (moved <= ACCURACY * size) break;
  }
  return d.toMatrix();
}

/** Σ_k x[from + k] y[k] in four sums. */
function rowProduct(x: Float64Array, from: number, y: Float64Array): number {
  const { length } = y;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += (x[from + k] ?? 0) * (y[k] ?? 0);
    s1 += (x[from + k + 1] ?? 0) * (y[k + 1] ?? 0);
    s2 += (x[from + k + 2] ?? 0) * (y[k + 2] ?? 0);
    s3 += (x[from + k + 3] ?? 0) * (y[k + 3] ?? 0);
  }
  for (; k < length; k++) s0 += (x[from + k] ?? 0) * (y[k] ?? 0);
  return s0 + s1 + (s2 + s3);
}
