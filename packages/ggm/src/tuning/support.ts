/**
 * The edges of a fit: pairs i < j for which neither Δ_ij nor Δ_ji is an exact zero.
 *
 * Of a pair that the penalty sees on one side only (i ∈ I, j ∉ I: Δ_ij is in a group, Δ_ji is free) the penalised side
 * decides; where both sides are penalised, in two groups, both must have stayed.
 */
import type { Matrix } from '@ggm-peft/linalg';

/** Calls `visit` with the place i · p + j of every edge i < j. */
export function forEachEdge({ rows: p, data }: Matrix, visit: (place: number) => void): void {
  for (let i = 0; i < p; i++) {
    for (let j = i + 1; j < p; j++) {
      if (data[i * p + j] !== 0 && data[j * p + i] !== 0) visit(i * p + j);
    }
  }
}

/** The number of edges. */
export function countEdges(delta: Matrix): number {
  let count = 0;
  forEachEdge(delta, () => count++);
  return count;
}
