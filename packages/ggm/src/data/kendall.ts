/**
 * Kendall's τ_b of every pair of columns,
 *
 *   τ_b = (concordant − discordant pairs) / √((n₀ − t_x)(n₀ − t_y)),   n₀ = n(n − 1)/2,   t = pairs tied in a column,
 *
 * in O(n log n) a pair of columns: with the samples sorted by x, then y, the discordant pairs are the exchanges that a
 * merge sort by y makes (Knight, J. Amer. Statist. Assoc. 61, 1966). The order by x is found once a column.
 */
import { Matrix } from '@ggm-peft/linalg';
import { ascendingOrder, denseRanks } from './ranks.js';

/** What is needed of one column. */
interface RankedColumn {
  /** Ranks 0, 1, 2, … [n], equal for equal values. */
  readonly ranks: Int32Array;
  /** Samples by rank [n]. */
  readonly order: Int32Array;
  /** Where in `order` each rank begins, and n. */
  readonly starts: Int32Array;
  /** t: pairs of samples with equal values. */
  readonly tiedPairs: number;
}

/** τ_b of the columns of X [n, p], with a unit diagonal; 0 beside a constant column. */
export function kendallMatrix(samples: Matrix): Matrix {
  const { rows: n, cols: p } = samples;
  const columns = Array.from({ length: p }, (_, j) => rankColumn(samples.column(j)));
  const result = Matrix.identity(p);
  const workspace = { values: new Int32Array(n), buffer: new Int32Array(n) };
  columns.forEach((x, i) => {
    columns.slice(0, i).forEach((y, j) => {
      const tau = kendallTauB(x, y, workspace);
      result.data[i * p + j] = tau;
      result.data[j * p + i] = tau;
    });
  });
  return result;
}

function rankColumn(values: Float64Array): RankedColumn {
  const order = ascendingOrder(values);
  const ranks = denseRanks(values);
  const starts: number[] = [];
  order.forEach((sample, k) => {
    if (ranks[sample] === starts.length) starts.push(k);
  });
  starts.push(values.length);
  let tiedPairs = 0;
  for (let rank = 0; rank + 1 < starts.length; rank++) {
    tiedPairs += pairs((starts[rank + 1] ?? 0) - (starts[rank] ?? 0));
  }
  return { ranks, order, starts: Int32Array.from(starts), tiedPairs };
}

function kendallTauB(
  x: RankedColumn,
  y: RankedColumn,
  { values, buffer }: { values: Int32Array; buffer: Int32Array },
): number {
  const n = values.length;
  const all = pairs(n);
  if (x.tiedPairs === all || y.tiedPairs === all) return 0;
  for (let k = 0; k < n; k++) values[k] = y.ranks[x.order[k] ?? 0] ?? 0;
  const tiedInBoth = x.tiedPairs === 0 ? 0 : sortWithinTies(values, x.starts);
  const discordant = sortCountingExchanges(values, buffer);
  // n₀ = concordant + discordant + tied in x + tied in y − tied in both.
  const difference = all - x.tiedPairs - y.tiedPairs + tiedInBoth - 2 * discordant;
  return difference / Math.sqrt((all - x.tiedPairs) * (all - y.tiedPairs));
}

/** Sorts `values` upwards within every run of equal x and counts the pairs in them that are equal here as well. */
function sortWithinTies(values: Int32Array, starts: Int32Array): number {
  let tied = 0;
  for (let rank = 0; rank + 1 < starts.length; rank++) {
    const from = starts[rank] ?? 0;
    const to = starts[rank + 1] ?? 0;
    if (to - from < 2) continue;
    values.subarray(from, to).sort();
    for (let k = from, run = 1; k + 1 < to; k++, run++) {
      if (values[k] !== values[k + 1]) run = 0;
      tied += run;
    }
  }
  return tied;
}

/** Sorts `values` upwards by merging runs of 1, 2, 4, …; returns the number of pairs that were in the wrong order. */
function sortCountingExchanges(values: Int32Array, buffer: Int32Array): number {
  const n = values.length;
  let exchanges = 0;
  let from = values;
  let to = buffer;
  for (let width = 1; width < n; width *= 2) {
    for (let start = 0; start < n; start += 2 * width) {
      const middle = Math.min(start + width, n);
      const end = Math.min(start + 2 * width, n);
      let left = start;
      let right = middle;
      for (let k = start; k < end; k++) {
        if (left < middle && (right >= end || (from[left] ?? 0) <= (from[right] ?? 0))) {
          to[k] = from[left++] ?? 0;
        } else {
          to[k] = from[right++] ?? 0;
          exchanges += middle - left;
        }
      }
    }
    [from, to] = [to, from];
  }
  return exchanges;
}

/** Pairs among `count` things. */
function pairs(count: number): number {
  return (count * (count - 1)) / 2;
}
