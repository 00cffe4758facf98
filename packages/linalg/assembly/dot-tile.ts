/**
 * The inner products of two rows of A with four rows of B, two doubles at a time: what triangular solves and Cholesky's
 * factorisation are made of. Their operands change from step to step, so packing them, as product.ts does, would not pay.
 *
 * Eight vector sums, two entries of A, one of B and one product fit the sixteen registers of x86-64 and ARM.
 */

/** Where {@link dotTile} leaves its sums: a0·b0, …, a0·b3, a1·b0, …, a1·b3. */
export const tile: usize = memory.data(64, 16);

/** Inner products of the rows at a0, a1 with those at b0..b3, over `count` entries, into {@link tile}. */
export function dotTile(
  a0: usize,
  a1: usize,
  b0: usize,
  b1: usize,
  b2: usize,
  b3: usize,
  count: usize,
): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c02 = c00;
  let c03 = c00;
  let c10 = c00;
  let c11 = c00;
  let c12 = c00;
  let c13 = c00;
  for (const end = a0 + ((count & ~3) << 3); a0 < end;) {
    let u = v128.load(a0);
    let v = v128.load(a1);
    let w = v128.load(b0);
    c00 = f64x2.add(c00, f64x2.mul(u, w));
    c10 = f64x2.add(c10, f64x2.mul(v, w));
    w = v128.load(b1);
    c01 = f64x2.add(c01, f64x2.mul(u, w));
    c11 = f64x2.add(c11, f64x2.mul(v, w));
    w = v128.load(b2);
    c02 = f64x2.add(c02, f64x2.mul(u, w));
    c12 = f64x2.add(c12, f64x2.mul(v, w));
    w = v128.load(b3);
    c03 = f64x2.add(c03, f64x2.mul(u, w));
    c13 = f64x2.add(c13, f64x2.mul(v, w));
    u = v128.load(a0, 16);
    v = v128.load(a1, 16);
    w = v128.load(b0, 16);
    c00 = f64x2.add(c00, f64x2.mul(u, w));
    c10 = f64x2.add(c10, f64x2.mul(v, w));
    w = v128.load(b1, 16);
    c01 = f64x2.add(c01, f64x2.mul(u, w));
    c11 = f64x2.add(c11, f64x2.mul(v, w));
    w = v128.load(b2, 16);
    c02 = f64x2.add(c02, f64x2.mul(u, w));
    c12 = f64x2.add(c12, f64x2.mul(v, w));
    w = v128.load(b3, 16);
    c03 = f64x2.add(c03, f64x2.mul(u, w));
    c13 = f64x2.add(c13, f64x2.mul(v, w));
    a0 += 32;
    a1 += 32;
    b0 += 32;
    b1 += 32;
    b2 += 32;
    b3 += 32;
  }
  // One to three entries are left: with zeros in the other lane they go the same way.
  for (let left = count & 3; left > 0; left--) {
    const u = v128.load64_zero(a0);
    const v = v128.load64_zero(a1);
    let w = v128.load64_zero(b0);
    c00 = f64x2.add(c00, f64x2.mul(u, w));
    c10 = f64x2.add(c10, f64x2.mul(v, w));
    w = v128.load64_zero(b1);
    c01 = f64x2.add(c01, f64x2.mul(u, w));
    c11 = f64x2.add(c11, f64x2.mul(v, w));
    w = v128.load64_zero(b2);
    c02 = f64x2.add(c02, f64x2.mul(u, w));
    c12 = f64x2.add(c12, f64x2.mul(v, w));
    w = v128.load64_zero(b3);
    c03 = f64x2.add(c03, f64x2.mul(u, w));
    c13 = f64x2.add(c13, f64x2.mul(v, w));
    a0 += 8;
    a1 += 8;
    b0 += 8;
    b1 += 8;
    b2 += 8;
    b3 += 8;
  }
  storeSums(tile, c00, c01);
  storeSums(tile + 16, c02, c03);
  storeSums(tile + 32, c10, c11);
  storeSums(tile + 48, c12, c13);
}

/** Stores the sums of the two lanes of x and of y side by side. */
function storeSums(at: usize, x: v128, y: v128): void {
  v128.store(at, f64x2.add(i64x2.shuffle(x, y, 0, 2), i64x2.shuffle(x, y, 1, 3)));
}
