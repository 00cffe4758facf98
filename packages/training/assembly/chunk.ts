/**
 * Where a chunk of values lies while kernels work on it: four arrays of floats, and sums in doubles. All of it together
 * fits a second-level cache many times over, and a kernel reads what the copy before it has left in the cache.
 */

/** Floats of a chunk, at most; a multiple of 8. */
const CAPACITY: usize = 4096;

/** From one array to the next, in bytes: a cache line more than their size, so that equal indices differ in cache set. */
const STRIDE: usize = (CAPACITY << 2) + 64;

const ARRAYS: usize = memory.data(4 * STRIDE, 64);

const SUMS: usize = memory.data(64, 16);

/** Floats of a chunk, at most. */
export function capacity(): usize {
  return CAPACITY;
}

/** Address of the weights. */
export function weights(): usize {
  return ARRAYS;
}

/** Address of the first moments. */
export function first(): usize {
  return ARRAYS + STRIDE;
}

/** Address of the second moments. */
export function second(): usize {
  return ARRAYS + 2 * STRIDE;
}

/** Address of the gradient. */
export function gradient(): usize {
  return ARRAYS + 3 * STRIDE;
}

/** Address of the eight sums of {@link addSquares}, in doubles. */
export function sums(): usize {
  return SUMS;
}
