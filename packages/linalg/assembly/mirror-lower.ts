/** Makes a matrix symmetric from its lower triangle, tile by tile so that both sides stay in the first-level cache. */

const TILE: usize = 16;

/** Copies what lies below the diagonal of A [n, n] to above it. */
export function mirrorLower(a: usize, lda: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += TILE) {
    const rows = min(TILE, n - i);
    for (let j: usize = 0; j <= i; j += TILE) {
      for (let r = i; r < i + rows; r++) {
        const end = min(j + TILE, r);
        for (let c = j; c < end; c++) {
          store<f64>(a + ((c * lda + r) << 3), load<f64>(a + ((r * lda + c) << 3)));
        }
      }
    }
  }
}
