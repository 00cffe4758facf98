/** Sorting eigenvalues together with what belongs to them. */

/** The order that sorts `values`: indices, that of the smallest value first. */
export function ascending(values: Float64Array): Int32Array {
  const order = Int32Array.from(values.keys());
  return order.sort((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
}
