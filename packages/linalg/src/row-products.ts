/**
 * C = A Bᵀ in plain JavaScript: what small products use, and all of them where the compiled kernels cannot run. The
 * inner loop walks contiguous rows: two rows of A meet four rows of B, so that eight sums live in registers and every
 * load serves several of them.
 */

/**
 * @param a [m, k] row by row.
 * @param b [n, k] row by row.
 * @param lowerOnly with it only the entries on and below the diagonal need be right.
 * @returns [m, n] row by row.
 */
export function rowProducts(
  a: Float64Array,
  b: Float64Array,
  m: number,
  n: number,
  k: number,
  lowerOnly: boolean,
): Float64Array {
  const out = new Float64Array(m * n);
  for (let j = 0; j < n; j += 4) {
    // A short last tile reads row j again and again and writes only what exists.
    const width = Math.min(4, n - j);
    const b0 = j * k;
    const b1 = width > 1 ? b0 + k : b0;
    const b2 = width > 2 ? b0 + 2 * k : b0;
    const b3 = width > 3 ? b0 + 3 * k : b0;
    for (let i = lowerOnly ? j : 0; i < m; i += 2) {
      const a0 = i * k;
      const a1 = i + 1 < m ? a0 + k : a0;
      let c00 = 0;
      let c01 = 0;
      let c02 = 0;
      let c03 = 0;
      let c10 = 0;
      let c11 = 0;
      let c12 = 0;
      let c13 = 0;
      for (let l = 0; l < k; l++) {
        const u = a[a0 + l] ?? 0;
        const v = a[a1 + l] ?? 0;
        const p = b[b0 + l] ?? 0;
        const q = b[b1 + l] ?? 0;
        const r = b[b2 + l] ?? 0;
        const s = b[b3 + l] ?? 0;
        c00 += u * p;
        c01 += u * q;
        c02 += u * r;
        c03 += u * s;
        c10 += v * p;
        c11 += v * q;
        c12 += v * r;
        c13 += v * s;
      }
      const o = i * n + j;
      out[o] = c00;
      if (width > 1) out[o + 1] = c01;
      if (width > 2) out[o + 2] = c02;
      if (width > 3) out[o + 3] = c03;
      if (i + 1 < m) {
        out[o + n] = c10;
        if (width > 1) out[o + n + 1] = c11;
        if (width > 2) out[o + n + 2] = c12;
        if (width > 3) out[o + n + 3] = c13;
      }
    }
  }
  return out;
}
