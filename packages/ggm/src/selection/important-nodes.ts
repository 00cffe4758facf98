/** The important nodes I: those with the largest mean transformed sample. */
import type { Matrix } from '@ggm-peft/linalg';
import { columnMeans } from '../data/columns.js';

/**
 * The `count` nodes with the largest column means, best first; of equal means the smaller index comes first.
 *
 * @param samples transformed scores [n, p], not centred.
 * @param count integer in 0..p.
 * @throws RangeError when count is out of range.
 */
export function importantNodes(samples: Matrix, count: number): number[] {
  if (!Number.isInteger(count) || count < 0 || count > samples.cols) {
    throw new RangeError(`importantNodes: count must be an integer in 0..${samples.cols}; got ${count}`);
  }
  const means = columnMeans(samples);
  return Array.from(means.keys())
    .sort((i, j) => (means[j] ?? 0) - (means[i] ?? 0) || i - j)
    .slice(0, count);
}
