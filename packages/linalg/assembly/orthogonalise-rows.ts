/**
 * One-sided Jacobi (Hestenes 1958; Demmel & Veselić, SIAM J. Matrix Anal. Appl. 13, 1992): the inner loops of
 * src/svd/one-sided-jacobi.ts, which says what they are for.
 */

/**
 * Turns row i of B [count, m] against every row after it, where the cosine of their angle exceeds `orthogonal`, and the
 * rows of V [count, n] along with them.
 *
 * @param squares the squared lengths of the rows of B; kept up to date.
 * @param floor a squared length; rows that are no longer are left alone.
 * @returns the rotations made.
 */
export function orthogonaliseRow(
  b: usize,
  ldb: usize,
  m: usize,
  v: usize,
  ldv: usize,
  n: usize,
  squares: usize,
  count: usize,
  i: usize,
  orthogonal: f64,
  floor: f64,
): usize {
  let rotations: usize = 0;
  const bi = b + ((i * ldb) << 3);
  const vi = v + ((i * ldv) << 3);
  const square = squares + (i << 3);
  for (let j = i + 1; j < count; j++) {
    const bj = b + ((j * ldb) << 3);
    const alpha = load<f64>(square);
    const beta = load<f64>(squares + (j << 3));
    if (alpha <= floor || beta <= floor) continue;
    const gamma = dot(bi, bj, m);
    if (abs(gamma) <= orthogonal * sqrt(alpha * beta) || gamma === 0) continue;
    const zeta = (beta - alpha) / (2 * gamma);
    // Beyond 1e150 the square would overflow, and the root is |ζ| to all digits long before.
    const root = abs(zeta) < 1e150 ? sqrt(zeta * zeta + 1) : abs(zeta);
    const t = (zeta < 0 ? -1.0 : 1.0) / (abs(zeta) + root);
    const c = 1 / sqrt(t * t + 1);
    rotate(bi, bj, m, c, c * t);
    rotate(vi, v + ((j * ldv) << 3), n, c, c * t);
    store<f64>(square, dot(bi, bi, m));
    store<f64>(squares + (j << 3), dot(bj, bj, m));
    rotations++;
  }
  return rotations;
}

/** The inner product of two rows of `count` entries. */
export function dot(x: usize, y: usize, count: usize): f64 {
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (const end = x + ((count & ~7) << 3); x < end;) {
    a = f64x2.add(a, f64x2.mul(v128.load(x), v128.load(y)));
    b = f64x2.add(b, f64x2.mul(v128.load(x, 16), v128.load(y, 16)));
    c = f64x2.add(c, f64x2.mul(v128.load(x, 32), v128.load(y, 32)));
    d = f64x2.add(d, f64x2.mul(v128.load(x, 48), v128.load(y, 48)));
    x += 64;
    y += 64;
  }
  a = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  let sum = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  for (let left = count & 7; left > 0; left--) {
    sum += load<f64>(x) * load<f64>(y);
    x += 8;
    y += 8;
  }
  return sum;
}

/** x ← c x − s y, y ← s x + c y. */
export function rotate(x: usize, y: usize, count: usize, c: f64, s: f64): void {
  const cosine = f64x2.splat(c);
  const sine = f64x2.splat(s);
  for (const end = x + ((count & ~1) << 3); x < end;) {
    const u = v128.load(x);
    const w = v128.load(y);
    v128.store(x, f64x2.sub(f64x2.mul(cosine, u), f64x2.mul(sine, w)));
    v128.store(y, f64x2.add(f64x2.mul(sine, u), f64x2.mul(cosine, w)));
    x += 16;
    y += 16;
  }
  if ((count & 1) === 1) {
    const u = load<f64>(x);
    const w = load<f64>(y);
    store<f64>(x, c * u - s * w);
    store<f64>(y, s * u + c * w);
  }
}
