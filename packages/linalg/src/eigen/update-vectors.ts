/**
 * The eigenvectors of a joined block: old columns times the eigenvectors of the update, and columns that deflation has
 * settled, moved to their places. Rows do not depend on each other, so a strip of them at a time is gathered, multiplied
 * and written back. A strip lies in one half of the problem, and leaves out the columns that are zero there.
 */
import type { Groups, Places } from './merge-order.js';
import { STRIP_ROWS, type Workplace } from './workplace.js';

/** What becomes of the columns of a block. */
export interface ColumnUpdate {
  /** The first row and column of the block. */
  readonly first: number;
  /** Its size, and that of its upper half. */
  readonly size: number;
  readonly split: number;
  readonly groups: Groups;
  readonly settled: Int32Array;
  readonly places: Places;
}

/** Replaces the columns of the block in `place.vectors`; `place.updates` holds the eigenvectors of the update as rows. */
export function updateVectors(place: Workplace, update: ColumnUpdate): void {
  const { split, size } = update;
  for (let from = 0; from < split; from += STRIP_ROWS) {
    updateStrip(place, update, from, Math.min(from + STRIP_ROWS, split));
  }
  for (let from = split; from < size; from += STRIP_ROWS) {
    updateStrip(place, update, from, Math.min(from + STRIP_ROWS, size));
  }
}

/** Rows from..to of the block, all in one half. */
function updateStrip(place: Workplace, update: ColumnUpdate, from: number, to: number): void {
  const { kernels, stride, vectors, updates, before, after } = place;
  const { first, split, groups, settled, places } = update;
  const { columns, top, both } = groups;
  const count = columns.length;
  const rows = to - from;
  const begin = from < split ? 0 : top;
  const end = from < split ? top + both : count;
  const used = end - begin;
  const q = vectors.data;
  for (let r = 0; r < rows; r++) {
    const row = (first + from + r) * stride + first;
    for (let j = 0; j < used; j++) before.data[r * stride + j] = q[row + (columns[begin + j] ?? 0)] ?? 0;
  }
  if (used === 0) {
    after.data.fill(0, 0, rows * stride);
  } else {
    const coefficients = updates.pointer + begin * Float64Array.BYTES_PER_ELEMENT;
    kernels.product(
      before.pointer,
      stride,
      false,
      coefficients,
      stride,
      false,
      after.pointer,
      stride,
      rows,
      count,
      used,
    );
  }
  const moved = new Float64Array(settled.length + count);
  for (let r = 0; r < rows; r++) {
    const row = (first + from + r) * stride + first;
    for (let j = 0; j < settled.length; j++) {
      moved[places.settled[j] ?? 0] = q[row + (settled[j] ?? 0)] ?? 0;
    }
    for (let j = 0; j < count; j++) moved[places.roots[j] ?? 0] = after.data[r * stride + j] ?? 0;
    q.set(moved, row);
  }
}
