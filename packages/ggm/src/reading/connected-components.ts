/** Connected components: nodes in different ones are independent under the model. */
import { checkOptions } from '@ggm-peft/linalg';
import { EDGE_OPTION_KEYS, readEdges, type Edge, type EdgeOptions } from './edges.js';
import type { PrecisionLike } from './precision-estimate.js';
import { nodeCountOf } from './node-strengths.js';

/**
 * The components: node indices in rising order, largest component first, ties by the first node. A node without edges
 * is a component of its own.
 *
 * @param estimate a fit, or a precision matrix.
 * @param options which edges count; see {@link EdgeOptions}.
 * @throws as `edges` does.
 */
export function connectedComponents(estimate: PrecisionLike, options: EdgeOptions = {}): number[][] {
  checkOptions('connectedComponents', options, EDGE_OPTION_KEYS);
  return componentsOf(readEdges('connectedComponents', estimate, options), nodeCountOf(estimate));
}

/** Components from edges already read, by union–find with path halving. */
export function componentsOf(edges: readonly Edge[], nodeCount: number): number[][] {
  const parent = Int32Array.from({ length: nodeCount }, (_, i) => i);
  const rootOf = (node: number): number => {
    let at = node;
    for (;;) {
      const up = parent[at] ?? at;
      if (up === at) return at;
      const next = parent[up] ?? up;
      parent[at] = next;
      at = next;
    }
  };
  for (const { i, j } of edges) {
    const [a, b] = [rootOf(i), rootOf(j)];
    // The smaller index becomes the root, so that a component is met at its first node below.
    parent[Math.max(a, b)] = Math.min(a, b);
  }
  const components = new Map<number, number[]>();
  for (let node = 0; node < nodeCount; node++) {
    const root = rootOf(node);
    const component = components.get(root);
    if (component === undefined) components.set(root, [node]);
    else component.push(node);
  }
  // Sorting is stable: equal sizes stay in the order of their first nodes.
  return [...components.values()].sort((a, b) => b.length - a.length);
}
