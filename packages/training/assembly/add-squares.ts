/** Sums of squares of a chunk's gradient, for the global norm. */
import { gradient, sums } from './chunk';
import { loadPair } from './pairs';

/** The squares of the two floats at `at`. */
function squares(at: usize): v128 {
  const pair = loadPair(at);
  return f64x2.mul(pair, pair);
}

/** Adds the square of value i to sum i mod 8, for i < `count`, a multiple of 8. */
export function addSquares(count: usize): void {
  const at = sums();
  let sum01 = v128.load(at);
  let sum23 = v128.load(at, 16);
  let sum45 = v128.load(at, 32);
  let sum67 = v128.load(at, 48);
  let g = gradient();
  for (const end = g + (count << 2); g < end; g += 32) {
    sum01 = f64x2.add(sum01, squares(g));
    sum23 = f64x2.add(sum23, squares(g + 8));
    sum45 = f64x2.add(sum45, squares(g + 16));
    sum67 = f64x2.add(sum67, squares(g + 24));
  }
  v128.store(at, sum01);
  v128.store(at, sum23, 16);
  v128.store(at, sum45, 32);
  v128.store(at, sum67, 48);
}
