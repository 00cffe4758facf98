/** Which column goes where when divide and conquer joins two blocks: integer arrays, no arithmetic. */
import { BOTH, BOTTOM, TOP, type Deflated } from './deflation.js';

/** The columns that take part, those of one kind side by side: first TOP, then BOTH, then BOTTOM. */
export interface Groups {
  readonly columns: Int32Array;
  /** Where the column of pole j went. */
  readonly order: Int32Array;
  /** How many are of the first kind, and of the second. */
  readonly top: number;
  readonly both: number;
}

/** Sorts the columns that deflation has left by their kind. */
export function groupByKind({ columns, kinds }: Pick<Deflated, 'columns' | 'kinds'>): Groups {
  const grouped = new Int32Array(columns.length);
  const order = new Int32Array(columns.length);
  let at = 0;
  const place = (kind: number) => {
    const start = at;
    for (let j = 0; j < columns.length; j++) {
      if (kinds[j] !== kind) continue;
      grouped[at] = columns[j] ?? 0;
      order[j] = at++;
    }
    return at - start;
  };
  const top = place(TOP);
  const both = place(BOTH);
  place(BOTTOM);
  return { columns: grouped, order, top, both };
}

/** Where settled values and roots go, so that all together ascend. */
export interface Places {
  readonly settled: Int32Array;
  readonly roots: Int32Array;
}

/** Merges the values d[settled] with `roots`, both ascending. */
export function mergePlaces(d: Float64Array, settled: Int32Array, roots: Float64Array): Places {
  const places = { settled: new Int32Array(settled.length), roots: new Int32Array(roots.length) };
  let i = 0;
  let j = 0;
  for (let at = 0; at < settled.length + roots.length; at++) {
    const value = i < settled.length ? (d[settled[i] ?? 0] ?? 0) : Infinity;
    if (j < roots.length && (roots[j] ?? 0) < value) places.roots[j++] = at;
    else places.settled[i++] = at;
  }
  return places;
}

/** The order that sorts d, whose entries before and after `split` ascend. */
export function mergeAscending(d: Float64Array, split: number): Int32Array {
  const order = new Int32Array(d.length);
  let i = 0;
  let j = split;
  for (let at = 0; at < d.length; at++) {
    const takeFirst = j === d.length || (i < split && (d[i] ?? 0) <= (d[j] ?? 0));
    order[at] = takeFirst ? i++ : j++;
  }
  return order;
}
