/** Connected components of a graph on nodes 0..count − 1. */

/**
 * @param connected whether two different nodes are joined; symmetric.
 * @returns the components, each in ascending order, by their smallest node.
 */
export function componentsOf(count: number, connected: (i: number, j: number) => boolean): number[][] {
  const unseen = new Set(Array.from({ length: count }, (_, i) => i));
  const components: number[][] = [];
  for (let first = 0; first < count; first++) {
    if (!unseen.delete(first)) continue;
    const component = [first];
    for (const node of component) {
      for (const other of unseen) {
        if (connected(node, other)) {
          unseen.delete(other);
          component.push(other);
        }
      }
    }
    components.push(component.sort((a, b) => a - b));
  }
  return components;
}
