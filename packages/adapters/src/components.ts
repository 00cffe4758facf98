/**
 * The principal components of a frozen weight, after PiSSA (Meng et al. 2024, arXiv 2404.02948):
 *
 *   W ≈ U_r Σ_r V_rᵀ,   A = U_r [out, r],   B = Σ_r V_rᵀ [r, in],   W_res = W − A B [out, in]
 *
 * Values live in float32 on the engine; the products here are accumulated in float64 and rounded once, in plain
 * JavaScript. So the same inputs give the same bits on every engine and machine, which a reloaded adapter relies on.
 */
import { Matrix, truncatedSvd } from '@ggm-peft/linalg';

/** A weight split into its leading components and what remains. All matrices row-major. */
export interface Decomposition {
  /** A [out, rank] */
  readonly a: Float32Array;
  /** B [rank, in] */
  readonly b: Float32Array;
  /** W_res [out, in] */
  readonly residual: Float32Array;
  /** σ_1 ≥ … ≥ σ_rank */
  readonly singularValues: Float64Array;
  /** max_i ‖W v_i − σ_i u_i‖ / σ_1, measured */
  readonly relativeError: number;
}

/** Relative residual of every singular triplet that `decompose` guarantees: ‖W v − σ u‖ ≤ 1e-6 σ_1. */
export const svdTolerance = 1e-6;

/**
 * Splits a weight by a truncated singular value decomposition.
 * @param name the site's name, for error messages
 * @param weight W [out, in], row-major
 * @param rank r, in 1..min(out, in)
 * @throws when the rank does not fit, the weight is not finite, or the decomposition did not converge
 */
export function decompose(
  name: string,
  weight: Float32Array,
  out: number,
  inn: number,
  rank: number,
): Decomposition {
  if (!Number.isSafeInteger(rank) || rank < 1 || rank > Math.min(out, inn)) {
    throw new Error(
      `decompose ${name}: rank must be an integer in 1..${Math.min(out, inn)} (the weight is [${out}, ${inn}]); got ${rank}`,
    );
  }
  const bad = weight.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new Error(
      `decompose ${name}: weight must be finite; entry [${Math.floor(bad / inn)}, ${bad % inn}] is ${String(weight[bad])}`,
    );
  }
  const svd = truncatedSvd(Matrix.fromFloat32(out, inn, weight), rank, { tolerance: svdTolerance });
  if (!svd.converged) throw new Error(`decompose ${name}: the truncated SVD did not converge`);
  const a = Float32Array.from(svd.u.data);
  const b = new Float32Array(rank * inn);
  for (let i = 0; i < rank; i++) {
    const sigma = svd.singularValues[i] ?? 0;
    for (let j = 0; j < inn; j++) b[i * inn + j] = sigma * svd.vt.get(i, j);
  }
  const largest = svd.singularValues[0] ?? 0;
  const worst = svd.residuals.reduce((max, residual) => Math.max(max, residual), 0);
  return {
    a,
    b,
    residual: residualWeight(weight, a, b, out, inn, rank),
    singularValues: svd.singularValues,
    relativeError: largest > 0 ? worst / largest : 0,
  };
}

/** W − A B [out, in]: what stays frozen while the components train. */
export function residualWeight(
  weight: Float32Array,
  a: Float32Array,
  b: Float32Array,
  out: number,
  inn: number,
  rank: number,
): Float32Array {
  return addComponents(weight, a, b, out, inn, rank, allComponents(rank), -1);
}

/** W + Σ_{i ∈ components} A[:, i] B[i, :] [out, in]: components frozen by folding them into the weight. */
export function foldComponents(
  weight: Float32Array,
  a: Float32Array,
  b: Float32Array,
  out: number,
  inn: number,
  rank: number,
  components: readonly number[],
): Float32Array {
  return addComponents(weight, a, b, out, inn, rank, components, 1);
}

function allComponents(rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => i);
}

function addComponents(
  weight: Float32Array,
  a: Float32Array,
  b: Float32Array,
  out: number,
  inn: number,
  rank: number,
  components: readonly number[],
  sign: 1 | -1,
): Float32Array {
  const result = new Float32Array(out * inn);
  const row = new Float64Array(inn);
  for (let o = 0; o < out; o++) {
    for (let j = 0; j < inn; j++) row[j] = weight[o * inn + j] ?? 0;
    for (const i of components) {
      const factor = sign * (a[o * rank + i] ?? 0);
      for (let j = 0; j < inn; j++) row[j] = (row[j] ?? 0) + factor * (b[i * inn + j] ?? 0);
    }
    result.set(row, o * inn);
  }
  return result;
}

/** The columns of A [out, rank] that belong to the components, [out, components.length]. */
export function takeColumns(
  a: Float32Array,
  out: number,
  rank: number,
  components: readonly number[],
): Float32Array {
  const taken = new Float32Array(out * components.length);
  for (let o = 0; o < out; o++) {
    components.forEach((component, k) => {
      taken[o * components.length + k] = a[o * rank + component] ?? 0;
    });
  }
  return taken;
}

/** The rows of B [rank, in] that belong to the components, [components.length, in]. */
export function takeRows(b: Float32Array, inn: number, components: readonly number[]): Float32Array {
  const taken = new Float32Array(components.length * inn);
  components.forEach((component, k) => {
    taken.set(b.subarray(component * inn, (component + 1) * inn), k * inn);
  });
  return taken;
}
