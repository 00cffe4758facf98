/**
 * An order of nodes that depends on S alone, not on how the nodes are numbered. Coordinate descent on a non-convex
 * problem ends in a minimum that depends on the order of its visits; visiting by this order makes the answer of renumbered
 * nodes the renumbered answer.
 */
import type { Matrix } from '@ggm-peft/linalg';

/**
 * The given columns, those most correlated with the given rows first; of equal ones the smaller index first.
 *
 * @param rows whose entries count; a column's own diagonal entry does not
 */
export function byCorrelation(
  covariance: Matrix,
  rows: readonly number[],
  columns: readonly number[],
): number[] {
  const { cols: p, data } = covariance;
  const strengths = new Map(
    columns.map((j) => {
      const scale = data[j * p + j] ?? 0;
      const squares = Float64Array.from(rows, (i) =>
        i === j ? 0 : (data[i * p + j] ?? 0) ** 2 / ((data[i * p + i] ?? 0) * scale || 1),
      ).sort(); // summed in an order that the numbering does not change either
      return [j, squares.reduce((sum, square) => sum + square, 0)];
    }),
  );
  return [...columns].sort((a, b) => (strengths.get(b) ?? 0) - (strengths.get(a) ?? 0) || a - b);
}
