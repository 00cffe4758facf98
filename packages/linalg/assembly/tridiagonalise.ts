/**
 * Householder reduction of a symmetric matrix to tridiagonal form, A = Q T Qᵀ, from the last row upwards as EISPACK's
 * tred2 (Martin, Reinsch & Wilkinson, Numer. Math. 11, 1968): every reflector is the contiguous beginning of a row.
 *
 * Different on purpose: the rank-two update that one reflector asks for waits until the next reflector is known, and
 * then goes through memory together with the product A u that that one needs (Howell, Demmel et al., ACM TOMS 34,
 * 2008, do so for the bidiagonal reduction). Half of A is read and written once a reflector, with eight operations an
 * entry.
 */

/** Below this, a row's squared norm counts as zero: relative to a matrix scaled to 1 the loss is under 1e-140. */
const NEGLIGIBLE_SQUARE: f64 = 1e-280;

/** Doubles of scratch memory that {@link tridiagonalise} needs. */
export function tridiagonalScratch(n: usize): usize {
  return 4 * (n + (n & 1));
}

/**
 * Reduces A [n, n], whose largest entry should be near 1; reads and overwrites the lower triangle only. Row i then
 * begins with the i entries of the vector u of H = I − u uᵀ / h, for which `halfSquares[i]` is h; where H = I they are
 * 0 and h = 1.
 *
 * @param diagonal room for n doubles: T's diagonal.
 * @param offDiagonal room for n doubles: entry i joins i and i + 1, the last is 0.
 * @param halfSquares room for n doubles.
 * @param scratch room for as many doubles as {@link tridiagonalScratch} says.
 */
export function tridiagonalise(
  a: usize,
  lda: usize,
  n: usize,
  diagonal: usize,
  offDiagonal: usize,
  halfSquares: usize,
  scratch: usize,
): void {
  // Each of the four vectors begins on an even double.
  const size = (n + (n & 1)) << 3;
  let u = scratch;
  let p = u + size;
  // The update that is still to be made: A − v wᵀ − w vᵀ.
  let v = p + size;
  let w = v + size;
  memory.fill(v, 0, 2 * size);
  store<f64>(offDiagonal + ((n - 1) << 3), 0);
  for (let i = n - 1; i > 0; i--) {
    const row = a + ((i * lda) << 3);
    updateRow(row, i + 1, v, w, i);
    store<f64>(diagonal + (i << 3), load<f64>(row + (i << 3)));
    const h = reflector(row, i, u, offDiagonal + ((i - 1) << 3));
    store<f64>(halfSquares + (i << 3), h);
    sweepBlock(a, lda, i, v, w, u, p);
    finishUpdate(u, p, i, h);
    const swapU = u;
    const swapP = p;
    u = v;
    p = w;
    v = swapU;
    w = swapP;
  }
  updateRow(a, 1, v, w, 0);
  store<f64>(diagonal, load<f64>(a));
  store<f64>(halfSquares, 1);
}

/** The first `count` entries of row `i` of A − v wᵀ − w vᵀ. */
function updateRow(row: usize, count: usize, v: usize, w: usize, i: usize): void {
  const vi = load<f64>(v + (i << 3));
  const wi = load<f64>(w + (i << 3));
  for (let j: usize = 0; j < count << 3; j += 8) {
    store<f64>(row + j, load<f64>(row + j) - vi * load<f64>(w + j) - wi * load<f64>(v + j));
  }
}

/**
 * The reflector that maps the `count` entries at `row` to a multiple of the last unit vector, left in `u` and in place
 * of the entries; `norm` takes the multiple.
 *
 * @returns h = uᵀu / 2; or 1, with u = 0, where only the last entry counts.
 */
function reflector(row: usize, count: usize, u: usize, norm: usize): f64 {
  const end = (count - 1) << 3;
  let square: f64 = 0;
  for (let j: usize = 0; j < end; j += 8) square += load<f64>(row + j) ** 2;
  const last = load<f64>(row + end);
  if (square <= NEGLIGIBLE_SQUARE) {
    store<f64>(norm, last);
    memory.fill(row, 0, end + 8);
    memory.fill(u, 0, end + 8);
    return 1;
  }
  square += last * last;
  const length = last > 0 ? -sqrt(square) : sqrt(square);
  store<f64>(norm, length);
  store<f64>(row + end, last - length);
  memory.copy(u, row, end + 8);
  return square - last * length;
}

/** p ← w of the update A − u wᵀ − w uᵀ that H A H amounts to: p/h − (pᵀu / 2h²) u. */
function finishUpdate(u: usize, p: usize, count: usize, h: f64): void {
  let inner: f64 = 0;
  for (let j: usize = 0; j < count << 3; j += 8) {
    const value = load<f64>(p + j) / h;
    store<f64>(p + j, value);
    inner += value * load<f64>(u + j);
  }
  const half = inner / (2 * h);
  for (let j: usize = 0; j < count << 3; j += 8) {
    store<f64>(p + j, load<f64>(p + j) - half * load<f64>(u + j));
  }
}

/** A ← A − v wᵀ − w vᵀ and p = A u on the leading `count` × `count` block, from its lower triangle, in one pass. */
export function sweepBlock(a: usize, lda: usize, count: usize, v: usize, w: usize, u: usize, p: usize): void {
  memory.fill(p, 0, count << 3);
  let k: usize = 0;
  for (; k + 1 < count; k += 2) {
    const r = a + ((k * lda) << 3);
    const s = r + (lda << 3);
    const end = k << 3;
    const vk = v128.load_splat<f64>(v + end);
    const vl = v128.load_splat<f64>(v + end, 8);
    const wk = v128.load_splat<f64>(w + end);
    const wl = v128.load_splat<f64>(w + end, 8);
    const uk = v128.load_splat<f64>(u + end);
    const ul = v128.load_splat<f64>(u + end, 8);
    let sumK = f64x2.splat(0);
    let sumL = sumK;
    for (let j: usize = 0; j < end; j += 16) {
      const vj = v128.load(v + j);
      const wj = v128.load(w + j);
      const uj = v128.load(u + j);
      let x = v128.load(r + j);
      x = f64x2.sub(f64x2.sub(x, f64x2.mul(vk, wj)), f64x2.mul(wk, vj));
      v128.store(r + j, x);
      sumK = f64x2.add(sumK, f64x2.mul(x, uj));
      let pj = f64x2.add(v128.load(p + j), f64x2.mul(x, uk));
      x = v128.load(s + j);
      x = f64x2.sub(f64x2.sub(x, f64x2.mul(vl, wj)), f64x2.mul(wl, vj));
      v128.store(s + j, x);
      sumL = f64x2.add(sumL, f64x2.mul(x, uj));
      pj = f64x2.add(pj, f64x2.mul(x, ul));
      v128.store(p + j, pj);
    }
    updateRow(r + end, 1, v + end, w + end, 0);
    updateRow(s + end, 2, v + end, w + end, 1);
    const diagonal = load<f64>(r + end);
    const corner = load<f64>(s + end);
    const next = load<f64>(s + end, 8);
    const x = load<f64>(u + end);
    const y = load<f64>(u + end, 8);
    store<f64>(p + end, laneSum(sumK) + diagonal * x + corner * y);
    store<f64>(p + end, laneSum(sumL) + corner * x + next * y, 8);
  }
  if (k < count) {
    const r = a + ((k * lda) << 3);
    const end = k << 3;
    updateRow(r, k + 1, v, w, k);
    const x = load<f64>(u + end);
    let sum: f64 = 0;
    for (let j: usize = 0; j < end; j += 8) {
      const value = load<f64>(r + j);
      sum += value * load<f64>(u + j);
      store<f64>(p + j, load<f64>(p + j) + value * x);
    }
    store<f64>(p + end, sum + load<f64>(r + end) * x);
  }
}

function laneSum(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}
