/**
 * How a matrix lies in the kernels' memory: rows begin on even doubles, so that pairs are aligned, and their distance
 * is kept off multiples of 64 doubles, at which all rows would compete for the same few lines of a cache.
 */

/** Doubles from one row of n to the next. */
export function strideFor(n: number): number {
  const even = n + (n & 1);
  return even % 64 === 0 ? even + 8 : even;
}

/** Copies the `rows` × `cols` matrix `from`, row by row without gaps, to rows `stride` apart. */
export function copyIn(
  from: Float64Array,
  rows: number,
  cols: number,
  to: Float64Array,
  stride: number,
): void {
  if (stride === cols) to.set(from);
  else for (let i = 0; i < rows; i++) to.set(from.subarray(i * cols, (i + 1) * cols), i * stride);
}

/** The `rows` × `cols` matrix whose rows lie `stride` apart, copied without gaps. */
export function copyOut(from: Float64Array, rows: number, cols: number, stride: number): Float64Array {
  if (stride === cols) return from.slice(0, rows * cols);
  const result = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++) result.set(from.subarray(i * stride, i * stride + cols), i * cols);
  return result;
}
