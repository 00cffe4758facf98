/**
 * A batch in parts of similar length. The gradient of a batch's mean loss is the weighted sum of its parts' gradients,
 * so that cutting a batch changes nothing but the padding: a batch of 32 sentences, one of them long, costs far less
 * as 20 short and 12 long ones.
 */

/**
 * Cuts a batch into the parts that cost least: the padded tokens of every part, and a fixed overhead for each.
 * @param indices the batch's examples
 * @param length an example's number of tokens
 * @param overhead what one more part costs, in tokens; Infinity keeps the batch whole
 * @returns parts that hold every index once, from long to short; ties keep their order
 */
export function cutByLength(
  indices: readonly number[],
  length: (index: number) => number,
  overhead: number,
): number[][] {
  const sorted = [...indices].sort((i, j) => length(j) - length(i));
  if (!Number.isFinite(overhead)) return [sorted];
  // cost[i]: the least cost of the first i examples; a part from j to i is padded to the length of its first, the longest.
  const cost = [0];
  const start = [0];
  for (let i = 1; i <= sorted.length; i++) {
    let best = Infinity;
    let from = 0;
    for (let j = 0; j < i; j++) {
      const total = (cost[j] ?? 0) + overhead + (i - j) * length(sorted[j] ?? 0);
      if (total < best) {
        best = total;
        from = j;
      }
    }
    cost.push(best);
    start.push(from);
  }
  const parts: number[][] = [];
  for (let end = sorted.length; end > 0; end = start[end] ?? 0)
    parts.unshift(sorted.slice(start[end] ?? 0, end));
  return parts;
}
