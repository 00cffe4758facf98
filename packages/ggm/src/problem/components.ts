/** Connected components of a graph on nodes 0..count − 1. */

/**
 * @param connected whether two different nodes are joined; symmetric.
 * @returns the components, each in ascending order, by their smallest node.
 */
export function componentsOf(count: number, connected: (i: number, j: number) => boolean): number[][] {
  let unseen = Array.from({ length: count }, (_, i) => i);
  const components: number[][] = [];
  for (let first = unseen.shift(); first !== undefined; first = unseen.shift()) {
    const component = [first];
    for (const node of component) {
      const rest: number[] = [];
      for (const other of unseen) (connected(node, other) ? component : rest).push(other);
      unseen = rest;
    }
    components.push(component.sort((a, b) => a - b));
  }
  return components;
}
