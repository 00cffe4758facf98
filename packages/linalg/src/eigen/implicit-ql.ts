/**
 * The implicit QL method for a symmetric tridiagonal matrix, T = Z diag(d) Zᵀ, with Wilkinson's shift
 * (Dubrulle, Martin & Wilkinson, Numer. Math. 12, 1968; EISPACK's imtql2).
 *
 * Different on purpose: a sweep touches the n numbers of T only, and its rotations are written down. They reach the
 * eigenvectors in batches, eight columns at a time, so that a strip of the eigenvector matrix stays in the first-level
 * cache for all the sweeps of a batch and each entry is loaded and stored once a rotation instead of twice.
 */

/** Sweeps whose rotations are gathered before they are applied. */
const BATCH = 48;
/** Columns of a strip: one cache line of doubles. */
const STRIP = 8;
/**
 * Sweeps allowed for each eigenvalue on average; fewer than two are usual. The first of a steeply graded matrix may
 * take a hundred, for its shift drowns in the large entries, but those sweeps bring the others on too.
 */
const MAX_SWEEPS = 60;
/** Off-diagonals below this are zero, relative to a matrix scaled to 1. */
const NEGLIGIBLE = 1e-140;

/** The rotations of some sweeps: sweep s turns rows last[s] − 1, …, first[s] in this order, each with the next row. */
interface Sweeps {
  count: number;
  readonly first: Int32Array; // [BATCH]
  readonly last: Int32Array; // [BATCH]
  readonly cosines: Float64Array; // [BATCH, n]
  readonly sines: Float64Array; // [BATCH, n]
}

/**
 * Overwrites `d` with the eigenvalues (unordered) and the rows of `z` [n, n], where given, with the matching
 * eigenvectors. On entry `d` is the diagonal, `e[i]` joins i and i + 1, and `z` holds Qᵀ of the reduction (or the
 * identity). `e` is overwritten.
 *
 * @throws Error when n eigenvalues need more than 60 n sweeps, which finite input has not been seen to do.
 */
export function implicitQl(d: Float64Array, e: Float64Array, z?: Float64Array): void {
  const n = d.length;
  const kept = z === undefined ? 1 : BATCH;
  const sweeps: Sweeps = {
    count: 0,
    first: new Int32Array(kept),
    last: new Int32Array(kept),
    cosines: new Float64Array(kept * n),
    sines: new Float64Array(kept * n),
  };
  let left = MAX_SWEEPS * n;
  for (let l = 0; l < n; l++) {
    for (;;) {
      const m = endOfBlock(d, e, l);
      if (m === l) break;
      if (left-- === 0) {
        throw new Error(`implicitQl: ${n} eigenvalues did not converge in ${MAX_SWEEPS * n} sweeps`);
      }
      sweepBlock(d, e, l, m, sweeps);
      if (z === undefined) sweeps.count = 0;
      else if (sweeps.count === BATCH) applySweeps(z, n, sweeps);
    }
  }
  if (z !== undefined) applySweeps(z, n, sweeps);
}

/** The first index m ≥ l at which the matrix splits: e[m] is negligible. */
function endOfBlock(d: Float64Array, e: Float64Array, l: number): number {
  const n = d.length;
  for (let m = l; m < n - 1; m++) {
    const size = Math.abs(d[m] ?? 0) + Math.abs(d[m + 1] ?? 0);
    const join = Math.abs(e[m] ?? 0);
    if (join <= Number.EPSILON * size || join < NEGLIGIBLE) {
      e[m] = 0;
      return m;
    }
  }
  return n - 1;
}

/** One QL sweep over rows l..m, its rotations recorded. */
function sweepBlock(d: Float64Array, e: Float64Array, l: number, m: number, sweeps: Sweeps): void {
  const offset = sweeps.count * d.length;
  const join = e[l] ?? 0;
  let g = ((d[l + 1] ?? 0) - (d[l] ?? 0)) / (2 * join);
  const root = Math.hypot(g, 1);
  g = (d[m] ?? 0) - (d[l] ?? 0) + join / (g + (g < 0 ? -root : root));
  let s = 1;
  let c = 1;
  let p = 0;
  let first = l;
  for (let i = m - 1; i >= l; i--) {
    const ei = e[i] ?? 0;
    const f = s * ei;
    const b = c * ei;
    const square = f * f + g * g;
    const r = square > 1e-270 ? Math.sqrt(square) : Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      // The block has split below row i + 1: finish the sweep here.
      d[i + 1] = (d[i + 1] ?? 0) - p;
      first = i + 1;
      break;
    }
    s = f / r;
    c = g / r;
    g = (d[i + 1] ?? 0) - p;
    const t = ((d[i] ?? 0) - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    sweeps.cosines[offset + i] = c;
    sweeps.sines[offset + i] = s;
  }
  if (first === l) {
    d[l] = (d[l] ?? 0) - p;
    e[l] = g;
  }
  e[m] = 0;
  sweeps.first[sweeps.count] = first;
  sweeps.last[sweeps.count] = m;
  sweeps.count++;
}

/** Applies the recorded rotations to the rows of `z`, strip by strip, and forgets them. */
function applySweeps(z: Float64Array, n: number, sweeps: Sweeps): void {
  const strips = n - (n % STRIP);
  for (let k = 0; k < strips; k += STRIP) {
    for (let sweep = 0; sweep < sweeps.count; sweep++) rotateStrip(z, n, k, sweep, sweeps);
  }
  for (let k = strips; k < n; k++) {
    for (let sweep = 0; sweep < sweeps.count; sweep++) rotateColumn(z, n, k, sweep, sweeps);
  }
  sweeps.count = 0;
}

/** One sweep on columns k..k+7; the row that the next rotation shares stays in registers. */
function rotateStrip(z: Float64Array, n: number, k: number, sweep: number, sweeps: Sweeps): void {
  const { cosines, sines } = sweeps;
  const first = sweeps.first[sweep] ?? 0;
  const last = sweeps.last[sweep] ?? 0;
  let o = last * n + k;
  let x0 = z[o] ?? 0;
  let x1 = z[o + 1] ?? 0;
  let x2 = z[o + 2] ?? 0;
  let x3 = z[o + 3] ?? 0;
  let x4 = z[o + 4] ?? 0;
  let x5 = z[o + 5] ?? 0;
  let x6 = z[o + 6] ?? 0;
  let x7 = z[o + 7] ?? 0;
  for (let i = last - 1, at = sweep * n + last - 1; i >= first; i--, at--) {
    const c = cosines[at] ?? 0;
    const s = sines[at] ?? 0;
    const above = o - n;
    const y0 = z[above] ?? 0;
    const y1 = z[above + 1] ?? 0;
    const y2 = z[above + 2] ?? 0;
    const y3 = z[above + 3] ?? 0;
    z[o] = s * y0 + c * x0;
    z[o + 1] = s * y1 + c * x1;
    z[o + 2] = s * y2 + c * x2;
    z[o + 3] = s * y3 + c * x3;
    x0 = c * y0 - s * x0;
    x1 = c * y1 - s * x1;
    x2 = c * y2 - s * x2;
    x3 = c * y3 - s * x3;
    const y4 = z[above + 4] ?? 0;
    const y5 = z[above + 5] ?? 0;
    const y6 = z[above + 6] ?? 0;
    const y7 = z[above + 7] ?? 0;
    z[o + 4] = s * y4 + c * x4;
    z[o + 5] = s * y5 + c * x5;
    z[o + 6] = s * y6 + c * x6;
    z[o + 7] = s * y7 + c * x7;
    x4 = c * y4 - s * x4;
    x5 = c * y5 - s * x5;
    x6 = c * y6 - s * x6;
    x7 = c * y7 - s * x7;
    o = above;
  }
  z[o] = x0;
  z[o + 1] = x1;
  z[o + 2] = x2;
  z[o + 3] = x3;
  z[o + 4] = x4;
  z[o + 5] = x5;
  z[o + 6] = x6;
  z[o + 7] = x7;
}

/** One sweep on the single column k. */
function rotateColumn(z: Float64Array, n: number, k: number, sweep: number, sweeps: Sweeps): void {
  const first = sweeps.first[sweep] ?? 0;
  const last = sweeps.last[sweep] ?? 0;
  let x = z[last * n + k] ?? 0;
  for (let i = last - 1; i >= first; i--) {
    const c = sweeps.cosines[sweep * n + i] ?? 0;
    const s = sweeps.sines[sweep * n + i] ?? 0;
    const y = z[i * n + k] ?? 0;
    z[(i + 1) * n + k] = s * y + c * x;
    x = c * y - s * x;
  }
  z[first * n + k] = x;
}
