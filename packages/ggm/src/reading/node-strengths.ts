/** How strongly each node is connected: its number of edges, and the sum of their |partial correlations|. */
import { checkOptions } from '@ggm-peft/linalg';
import { EDGE_OPTION_KEYS, readEdges, type Edge, type EdgeOptions } from './edges.js';
import type { PrecisionLike } from './precision-estimate.js';

/** One entry a node, in the order of the nodes. */
export interface NodeStrengths {
  /** Number of edges at the node [p]. */
  readonly degree: Int32Array;
  /** Sum of |partial correlation| over the node's edges [p] ("strength" of a weighted graph, Barrat et al. 2004). */
  readonly strength: Float64Array;
}

/**
 * Degree and strength of every node.
 *
 * @param estimate a fit, or a precision matrix.
 * @param options which edges count; see {@link EdgeOptions}.
 * @throws as `edges` does.
 */
export function nodeStrengths(estimate: PrecisionLike, options: EdgeOptions = {}): NodeStrengths {
  checkOptions('nodeStrengths', options, EDGE_OPTION_KEYS);
  return strengthsOf(readEdges('nodeStrengths', estimate, options), nodeCountOf(estimate));
}

/** Degree and strength from edges already read. */
export function strengthsOf(edges: readonly Edge[], nodeCount: number): NodeStrengths {
  const degree = new Int32Array(nodeCount);
  const strength = new Float64Array(nodeCount);
  for (const { i, j, partialCorrelation } of edges) {
    for (const node of [i, j]) {
      degree[node] = (degree[node] ?? 0) + 1;
      strength[node] = (strength[node] ?? 0) + Math.abs(partialCorrelation);
    }
  }
  return { degree, strength };
}

/** p. */
export function nodeCountOf(estimate: PrecisionLike): number {
  return 'omega' in estimate ? estimate.omega.rows : estimate.rows;
}
