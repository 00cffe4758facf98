/** The border check for lists of node indices. */

/**
 * Checks that `nodes` are distinct integers in 0..nodeCount − 1.
 *
 * @param caller begins the message, such as `selectNodes: importantNodes`.
 * @throws RangeError naming the first index that is not.
 */
export function checkNodes(caller: string, nodes: readonly number[], nodeCount: number): void {
  const seen = new Set<number>();
  for (const node of nodes) {
    if (!Number.isInteger(node) || node < 0 || node >= nodeCount) {
      throw new RangeError(`${caller} must hold integers in 0..${nodeCount - 1}; got ${node}`);
    }
    if (seen.has(node)) throw new RangeError(`${caller} must be distinct; got ${node} twice`);
    seen.add(node);
  }
}
