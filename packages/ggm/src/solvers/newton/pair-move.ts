/**
 * The exact move of one zero pair (i, j) together with its two diagonal entries. The Newton model holds the diagonal where
 * it is, and for a penalty that jumps (ℓ0, ℓp) it may then see nothing to gain from an edge that pays once the diagonal
 * follows.
 *
 * With the 2 × 2 block X of Ω free and all else fixed, det Ω is in proportion to det Y, Y = X − X₀ + (W_bb)⁻¹, so that
 *
 *   F = const − log det Y + tr(S_bb Y) + 2 e(|y₁₂ − m|),      m = (W_bb)⁻¹₁₂ for x₁₂ = 0 before
 *
 * At y₁₂ = v the best diagonal gives det Y = u with s₁₁ s₂₂ u² − u − v² = 0, y₁₁ = s₂₂ u, y₂₂ = s₁₁ u, and what is left has
 * the derivative 2v/u + 2 s₁₂ in v, which rises by at most 2 s₁₁ s₂₂: proximal gradient steps from the unpenalised best v
 * find the minimum next to it, to be compared with staying.
 */
import type { Matrix } from '@ggm-peft/linalg';
import type { Envelope } from '../../problem/envelope.js';

const STEPS = 200;
const SETTLED = 1e-12;

/** A move of a pair and its diagonal, and by how much F falls. */
export interface PairMove {
  readonly i: number;
  readonly j: number;
  readonly gain: number;
  /** What is added to ω_ii, ω_jj and ω_ij. */
  readonly changes: readonly [number, number, number];
}

/** @param inverse W [p, p]; the diagonal of Ω must not be penalised, and ω_ij be 0 */
export function pairMove(
  covariance: Matrix,
  inverse: Matrix,
  i: number,
  j: number,
  e: Envelope,
): PairMove | null {
  const p = covariance.rows;
  const entry = (a: Matrix, row: number, col: number): number => a.data[row * p + col] ?? 0;
  const [s11, s22, s12] = [entry(covariance, i, i), entry(covariance, j, j), entry(covariance, i, j)];
  const [w11, w22, w12] = [entry(inverse, i, i), entry(inverse, j, j), entry(inverse, i, j)];
  const determinant = w11 * w22 - w12 * w12;
  if (!(determinant > 0 && s11 * s22 > s12 * s12)) return null;
  const [y11, y22, m] = [w22 / determinant, w11 / determinant, -w12 / determinant];
  const before = Math.log(determinant) + s11 * y11 + s22 * y22 + 2 * s12 * m;

  const product = s11 * s22;
  const determinantAt = (v: number): number => (1 + Math.sqrt(1 + 4 * product * v * v)) / (2 * product);
  let v = -s12 / (product - s12 * s12);
  for (let step = 0; step < STEPS; step++) {
    const aim = v - (v / determinantAt(v) + s12) / product - m;
    const next = m + Math.sign(aim) * e.prox(Math.abs(aim), 1 / product);
    const change = Math.abs(next - v);
    v = next;
    if (change <= SETTLED * (1 + Math.abs(v))) break;
  }
  const u = determinantAt(v);
  const after = -Math.log(u) + 2 * product * u + 2 * s12 * v + 2 * e.value(Math.abs(v - m));
  return { i, j, gain: before - after, changes: [s22 * u - y11, s11 * u - y22, v - m] };
}
