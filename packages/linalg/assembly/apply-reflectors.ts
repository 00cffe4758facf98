/**
 * Z ← Q Z for the product Q = H_{n−1} ⋯ H_1 of the reflectors that tridiagonalise leaves.
 *
 * Reflectors go in blocks of b, as products (Schreiber & Van Loan, SIAM J. Sci. Stat. Comput. 10, 1989). One after
 * another they take a column z to z − c_k u_k with c_k h_k + Σ_{j<k} c_j u_jᵀu_k = zᵀu_k: a triangular system for the c
 * of a block, whose matrix is M = (strictly lower part of V Vᵀ) + diag(h) (the "UT transform" of Joffrain et al., ACM
 * TOMS 32, 2006). So C = (Zᵀ Vᵀ) M⁻ᵀ and Z ← Z − Vᵀ Cᵀ, where V's rows are the vectors u.
 */
import { product, subtractProduct } from './product';
import { solveRows } from './solve-rows';

/** Reflectors of a block. */
const BLOCK: usize = 48;

/** Doubles of scratch memory that {@link applyReflectors} needs for Z [n, m]. */
export function reflectorScratch(n: usize, m: usize): usize {
  return BLOCK * (n + m + BLOCK);
}

/**
 * Overwrites Z [n, m].
 *
 * @param v [n, n], row i begins with the i entries of u_i; the diagonal and what lies above it are not read.
 * @param halfSquares n doubles, h_i.
 * @param scratch room for as many doubles as {@link reflectorScratch} says.
 */
export function applyReflectors(
  z: usize,
  ldz: usize,
  m: usize,
  v: usize,
  ldv: usize,
  n: usize,
  halfSquares: usize,
  scratch: usize,
): void {
  const coefficients = scratch; // C [m, b]
  const block = coefficients + ((m * BLOCK) << 3); // V [b, n]
  const triangle = block + ((n * BLOCK) << 3); // M [b, b]
  for (let first: usize = 1; first < n; first += BLOCK) {
    const b = min(BLOCK, n - first);
    const length = first + b - 1;
    for (let r: usize = 0; r < b; r++) {
      const count = (first + r) << 3;
      const row = block + ((r * length) << 3);
      memory.copy(row, v + (((first + r) * ldv) << 3), count);
      memory.fill(row + count, 0, (length << 3) - count);
    }
    product(block, length, false, block, length, false, triangle, BLOCK, b, b, length);
    for (let r: usize = 0; r < b; r++) {
      store<f64>(triangle + ((r * BLOCK + r) << 3), load<f64>(halfSquares + ((first + r) << 3)));
    }
    product(z, ldz, true, block, length, false, coefficients, BLOCK, m, b, length);
    solveRows(coefficients, BLOCK, triangle, BLOCK, m, 0, b);
    subtractProduct(block, length, true, coefficients, BLOCK, false, z, ldz, length, m, b);
  }
}
