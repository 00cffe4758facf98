/**
 * The eigendecomposition of diag(d) + ρ z zᵀ without deflation: roots of the secular equation, and eigenvectors
 *
 *   s_i ∝ ( ẑ_j / (d_j − λ_i) )_j,   ẑ_j² = Π_i (λ_i − d_j) / Π_{i≠j} (d_i − d_j)  (Löwner's formula).
 *
 * ẑ is the vector for which the computed λ are exact eigenvalues; with it the vectors are orthogonal to rounding even
 * where eigenvalues almost coincide (Gu & Eisenstat, SIAM J. Matrix Anal. Appl. 15, 1994 and 16, 1995).
 */
import { secularRoot } from './secular-equation.js';

/**
 * @param poles d, ascending and distinct; at least one.
 * @param z as many entries, none of them 0; of unit length.
 * @param order where entry j of an eigenvector goes in its row.
 * @param values receives the eigenvalues, ascending.
 * @param rows receives the eigenvectors, one a row; row i begins at i · stride.
 */
export function rankOneUpdate(
  poles: Float64Array,
  z: Float64Array,
  rho: number,
  order: Int32Array,
  values: Float64Array,
  rows: Float64Array,
  stride: number,
): void {
  const count = poles.length;
  if (count === 1) {
    values[0] = (poles[0] ?? 0) + rho;
    rows[0] = 1;
    return;
  }
  const weights = z.map((entry) => entry * entry);
  for (let i = 0; i < count; i++) {
    const gaps = rows.subarray(i * stride, i * stride + count);
    values[i] = secularRoot(poles, weights, rho, i, gaps);
  }
  const adjusted = loewnerVector(poles, z, rows, stride);
  const vector = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = i * stride;
    let square = 0;
    for (let j = 0; j < count; j++) {
      const entry = (adjusted[j] ?? 0) / (rows[start + j] ?? 0);
      vector[j] = entry;
      square += entry * entry;
    }
    const scale = 1 / Math.sqrt(square);
    for (let j = 0; j < count; j++) rows[start + (order[j] ?? 0)] = (vector[j] ?? 0) * scale;
  }
}

/** ẑ, from the gaps d_j − λ_i that `rows` [i, j] holds; each product is of ratios near 1. */
function loewnerVector(
  poles: Float64Array,
  z: Float64Array,
  rows: Float64Array,
  stride: number,
): Float64Array {
  const count = poles.length;
  const products = new Float64Array(count).fill(1);
  for (let i = 0; i < count; i++) {
    const start = i * stride;
    const pole = poles[i] ?? 0;
    for (let j = 0; j < i; j++) {
      products[j] = (products[j] ?? 0) * ((rows[start + j] ?? 0) / ((poles[j] ?? 0) - pole));
    }
    products[i] = (products[i] ?? 0) * (rows[start + i] ?? 0);
    for (let j = i + 1; j < count; j++) {
      products[j] = (products[j] ?? 0) * ((rows[start + j] ?? 0) / ((poles[j] ?? 0) - pole));
    }
  }
  return products.map((product, j) => {
    const size = Math.sqrt(Math.abs(product));
    return (z[j] ?? 0) < 0 ? -size : size;
  });
}
