/**
 * Householder reduction of a symmetric matrix to tridiagonal form, A = Q T Qᵀ.
 *
 * The reduction runs from the last row upwards, as EISPACK's tred2 does (Martin, Reinsch & Wilkinson, Numer. Math. 11,
 * 1968), for then every reflector is the contiguous beginning of a row. Unlike tred2 all loops run along rows, two at
 * a time; the matrix-vector product takes its two halves (a row and the column that mirrors it) in one pass; and Qᵀ
 * rather than Q is formed, so that the rotations of the QL sweeps combine rows.
 *
 * This is what small matrices use, and all of them where the compiled kernels cannot run; assembly/tridiagonalise.ts
 * is the same reduction for large ones.
 */

/** T's diagonal and subdiagonal (entry i joins i and i + 1; the last is 0). */
export interface Tridiagonal {
  readonly diagonal: Float64Array; // [n]
  readonly offDiagonal: Float64Array; // [n]
}

/** T, and h of each reflector H = I − u uᵀ / h; 0 where H = I. */
export interface Reduction extends Tridiagonal {
  readonly halfSquares: Float64Array; // [n]
}

/** Below this, a row's squared norm counts as zero: relative to a matrix scaled to 1 the loss is under 1e-140. */
const NEGLIGIBLE_SQUARE = 1e-280;

/**
 * Reduces the symmetric n × n matrix in `a`, whose largest entry should be near 1. Reads and overwrites the lower
 * triangle only: row i then begins with the i entries of u.
 */
export function tridiagonalise(a: Float64Array, n: number): Reduction {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const halfSquares = new Float64Array(n);
  const u = new Float64Array(n);
  const p = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const row = i * n;
    let square = 0;
    for (let j = 0; j < i - 1; j++) {
      const value = a[row + j] ?? 0;
      square += value * value;
    }
    const last = a[row + i - 1] ?? 0;
    if (square <= NEGLIGIBLE_SQUARE) {
      offDiagonal[i - 1] = last;
      continue;
    }
    square += last * last;
    const norm = last > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    const h = square - last * norm;
    offDiagonal[i - 1] = norm;
    halfSquares[i] = h;
    a[row + i - 1] = last - norm;
    for (let j = 0; j < i; j++) u[j] = a[row + j] ?? 0;

    symmetricProduct(a, n, i, u, p);
    let inner = 0;
    for (let j = 0; j < i; j++) {
      const value = (p[j] ?? 0) / h;
      p[j] = value;
      inner += value * (u[j] ?? 0);
    }
    const half = inner / (2 * h);
    for (let j = 0; j < i; j++) p[j] = (p[j] ?? 0) - half * (u[j] ?? 0);
    rankTwoUpdate(a, n, i, u, p);
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i] ?? 0;
  return { diagonal, offDiagonal, halfSquares };
}

/** p = A u for the leading size × size block, from its lower triangle. */
function symmetricProduct(a: Float64Array, n: number, size: number, u: Float64Array, p: Float64Array): void {
  p.fill(0, 0, size);
  let k = 0;
  for (; k + 1 < size; k += 2) {
    const r = k * n;
    const s = r + n;
    const uk = u[k] ?? 0;
    const ul = u[k + 1] ?? 0;
    let sumK = 0;
    let sumL = 0;
    for (let j = 0; j < k; j++) {
      const x = a[r + j] ?? 0;
      const y = a[s + j] ?? 0;
      const uj = u[j] ?? 0;
      sumK += x * uj;
      sumL += y * uj;
      p[j] = (p[j] ?? 0) + x * uk + y * ul;
    }
    const corner = a[s + k] ?? 0;
    p[k] = sumK + (a[r + k] ?? 0) * uk + corner * ul;
    p[k + 1] = sumL + corner * uk + (a[s + k + 1] ?? 0) * ul;
  }
  if (k < size) {
    const r = k * n;
    const uk = u[k] ?? 0;
    let sum = 0;
    for (let j = 0; j < k; j++) {
      const x = a[r + j] ?? 0;
      sum += x * (u[j] ?? 0);
      p[j] = (p[j] ?? 0) + x * uk;
    }
    p[k] = sum + (a[r + k] ?? 0) * uk;
  }
}

/** A ← A − u pᵀ − p uᵀ on the lower triangle of the leading size × size block. */
function rankTwoUpdate(a: Float64Array, n: number, size: number, u: Float64Array, p: Float64Array): void {
  for (let k = 0; k < size; k++) {
    const r = k * n;
    const uk = u[k] ?? 0;
    const pk = p[k] ?? 0;
    for (let j = 0; j <= k; j++) a[r + j] = (a[r + j] ?? 0) - uk * (p[j] ?? 0) - pk * (u[j] ?? 0);
  }
}

/**
 * Qᵀ [n, n], row by row, from the reflectors that {@link tridiagonalise} leaves in `a`: the leading block grows by one
 * row and column a reflector.
 */
export function accumulateReflectors(a: Float64Array, halfSquares: Float64Array, n: number): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  for (let i = 1; i < n; i++) {
    const h = halfSquares[i] ?? 0;
    if (h === 0) continue;
    const u = a.subarray(i * n, i * n + i);
    let k = 0;
    for (; k + 1 < i; k += 2) {
      const r = k * n;
      const s = r + n;
      let f = 0;
      let g = 0;
      for (let j = 0; j < i; j++) {
        const x = u[j] ?? 0;
        f += (q[r + j] ?? 0) * x;
        g += (q[s + j] ?? 0) * x;
      }
      f /= h;
      g /= h;
      for (let j = 0; j < i; j++) {
        const x = u[j] ?? 0;
        q[r + j] = (q[r + j] ?? 0) - f * x;
        q[s + j] = (q[s + j] ?? 0) - g * x;
      }
    }
    if (k < i) {
      const r = k * n;
      let f = 0;
      for (let j = 0; j < i; j++) f += (q[r + j] ?? 0) * (u[j] ?? 0);
      f /= h;
      for (let j = 0; j < i; j++) q[r + j] = (q[r + j] ?? 0) - f * (u[j] ?? 0);
    }
  }
  return q;
}
