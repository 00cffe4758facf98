/**
 * The Ω-step in closed form. With M = S − λ(Δ + Δᵀ), ∇_Ω F = M − Ω⁻¹ + 2λΩ on symmetric matrices, for ‖Ω − Δ‖² and
 * ‖Ω − Δᵀ‖² agree on them up to a constant. Ω commutes with M: if M = Q diag(m) Qᵀ then Ω = Q diag(ω) Qᵀ with
 * 2λω² + mω − 1 = 0, whose positive root is
 *   ω = (−m + √(m² + 8λ)) / 4λ = 2 / (m + √(m² + 8λ)),
 * computed by whichever form adds numbers of one sign.
 */
import { fromEigen, Matrix, symmetricEigen } from '@ggm-peft/linalg';

/**
 * argmin over Ω ≻ 0 of −log det Ω + tr(SΩ) + λ‖Ω − Δ‖²_F, and its log-determinant.
 *
 * @param coupling λ, finite.
 */
export function minimiseOverOmega(
  covariance: Matrix,
  coupling: number,
  delta: Matrix,
): { omega: Matrix; logDet: number } {
  const p = covariance.rows;
  const m = Matrix.zeros(p, p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const both = (delta.data[i * p + j] ?? 0) + (delta.data[j * p + i] ?? 0);
      m.data[i * p + j] = (covariance.data[i * p + j] ?? 0) - coupling * both;
    }
  }
  const { values, vectors } = symmetricEigen(m);
  let logDet = 0;
  const omegas = values.map((value) => {
    const root = Math.sqrt(value * value + 8 * coupling);
    const omega = value > 0 ? 2 / (value + root) : (root - value) / (4 * coupling);
    logDet += Math.log(omega);
    return omega;
  });
  return { omega: fromEigen(omegas, vectors), logDet };
}
