/** Names of the nodes: given by the caller, else their indices as text. */

/**
 * One name a node.
 *
 * @param caller function that was called; begins the messages.
 * @param names as given; default `"0"`, `"1"`, ….
 * @throws RangeError when there are more or fewer than `nodeCount`, or one is empty or given twice.
 */
export function readNodeNames(
  caller: string,
  names: readonly string[] | undefined,
  nodeCount: number,
): readonly string[] {
  if (names === undefined) return Array.from({ length: nodeCount }, (_, i) => String(i));
  if (names.length !== nodeCount) {
    throw new RangeError(
      `${caller}: nodeNames must hold ${nodeCount} names, one a node; got ${names.length}`,
    );
  }
  const seen = new Map<string, number>();
  names.forEach((name, i) => {
    if (name === '') throw new RangeError(`${caller}: nodeNames must not be empty; node ${i} has no name`);
    const before = seen.get(name);
    if (before !== undefined) {
      throw new RangeError(
        `${caller}: nodeNames must be distinct; nodes ${before} and ${i} are both "${name}"`,
      );
    }
    seen.set(name, i);
  });
  return names;
}
