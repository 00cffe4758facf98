/** Ranks of a column's values. */

/** The order that sorts `values` upwards. */
export function ascendingOrder(values: Float64Array): Int32Array {
  return Int32Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
}

/** Ranks 1..n; equal values share the average of the ranks that they take up. */
export function averageRanks(values: Float64Array): Float64Array {
  const order = ascendingOrder(values);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    const to = endOfTie(values, order, from);
    const rank = (from + 1 + to) / 2;
    for (let k = from; k < to; k++) ranks[order[k] ?? 0] = rank;
    from = to;
  }
  return ranks;
}

/** Ranks 0, 1, 2, … without gaps; equal values share one. */
export function denseRanks(values: Float64Array): Int32Array {
  const order = ascendingOrder(values);
  const ranks = new Int32Array(values.length);
  let rank = 0;
  for (let from = 0; from < order.length; rank++) {
    const to = endOfTie(values, order, from);
    for (let k = from; k < to; k++) ranks[order[k] ?? 0] = rank;
    from = to;
  }
  return ranks;
}

/** The end (exclusive) of the run of values equal to the one at place `from` of the order. */
function endOfTie(values: Float64Array, order: Int32Array, from: number): number {
  const value = values[order[from] ?? 0];
  let to = from + 1;
  while (to < order.length && values[order[to] ?? 0] === value) to++;
  return to;
}
