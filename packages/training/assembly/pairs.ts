/** Pairs of floats in memory as pairs of doubles. */

/** The two floats at `at`. */
export function loadPair(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

/** Stores two pairs, rounded, as four floats. */
export function storePairs(at: usize, x: v128, y: v128): void {
  v128.store(at, i32x4.shuffle(f32x4.demote_f64x2_zero(x), f32x4.demote_f64x2_zero(y), 0, 1, 4, 5));
}
