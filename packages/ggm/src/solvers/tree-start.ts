/**
 * The graphical lasso's answer in closed form where the graph of the thresholded covariance has no cycles (Fattahi &
 * Sojoudi, J. Mach. Learn. Res. 20, 2019, theorem 6): with s̃_ij = soft(s_ij, τ w_ij),
 *
 *   ω_ij = −s̃_ij / (s_ii s_jj − s̃_ij²),   ω_ii = (1 + Σ_j s̃_ij² / (s_ii s_jj − s̃_ij²)) / s_ii
 *
 * With cycles it is an approximation, the better the sparser; as a start it saves Newton steps, if it is positive
 * definite.
 */
import { cholesky, Matrix } from '@ggm-peft/linalg';
import type { EntryProblem } from '../problem/problem.js';

/** What exceeds the threshold by less than this fraction does not exceed it: τ may be the largest entry, rounded. */
const ROUNDING = 1e-12;

/** Ω; null where the formula is not defined or its Ω is not positive definite. */
export function treeStart({ covariance, weights, tau, penalty }: EntryProblem): Matrix | null {
  const p = covariance.rows;
  const s = covariance.data;
  const threshold = tau * penalty.slopeAtZero;
  const omega = Matrix.zeros(p, p);
  const variance = (i: number): number => (s[i * p + i] ?? 0) + threshold * (weights[i * p + i] ?? 0);
  for (let i = 0; i < p; i++) omega.data[i * p + i] = 1;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < i; j++) {
      const k = i * p + j;
      const weight = weights[k] ?? 0;
      if (weight === Infinity) continue;
      const size = Math.abs(s[k] ?? 0) - threshold * weight;
      if (size <= ROUNDING * Math.abs(s[k] ?? 0)) continue;
      const rest = variance(i) * variance(j) - size * size;
      if (!(rest > 0)) return null;
      omega.data[k] = (-Math.sign(s[k] ?? 0) * size) / rest;
      omega.data[j * p + i] = omega.data[k] ?? 0;
      for (const node of [i, j])
        omega.data[node * p + node] = (omega.data[node * p + node] ?? 0) + (size * size) / rest;
    }
  }
  for (let i = 0; i < p; i++) omega.data[i * p + i] = (omega.data[i * p + i] ?? 0) / variance(i);
  return cholesky(omega).status === 'ok' ? omega : null;
}
