/**
 * (L Lᵀ)⁻¹ = U Uᵀ with U = L⁻ᵀ, upper triangular. The rows of U solve U Lᵀ = I, and the product starts each sum where
 * both rows have begun: n³/3 multiplications in all.
 */
import { product } from './product';
import { solveRows } from './solve-rows';

/** Rows of a block; a multiple of 4. */
const BLOCK: usize = 64;

/**
 * Overwrites L [n, n] with the lower triangle of (L Lᵀ)⁻¹; what lies above the diagonal is undefined. `u` is room for
 * n × ldl doubles.
 */
export function invert(l: usize, ldl: usize, u: usize, n: usize): void {
  memory.fill(u, 0, (n * ldl) << 3);
  for (let i: usize = 0; i < n; i++) store<f64>(u + ((i * ldl + i) << 3), 1);
  for (let i: usize = 0; i < n; i += BLOCK) {
    solveRows(u + ((i * ldl) << 3), ldl, l, ldl, min(BLOCK, n - i), i, n);
  }
  for (let i: usize = 0; i < n; i += BLOCK) {
    const end = min(i + BLOCK, n);
    const block = u + ((i * ldl + i) << 3);
    const target = l + ((i * ldl) << 3);
    product(block, ldl, false, u + (i << 3), ldl, false, target, ldl, end - i, end, n - i);
  }
}
