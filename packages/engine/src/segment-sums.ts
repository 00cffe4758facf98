/** Sums of rows by segment, in one pass over the rows: the gradient of `gather`, that is of embeddings. */

/**
 * sums[s, :] += Σ over rows i with ids[i] = s of source[i, :]. Ids outside 0..segments−1 are dropped, as TensorFlow does.
 *
 * @param source [ids.length, width]
 * @param sums [segments, width], changed in place
 */
export function addSegmentSums(
  source: ArrayLike<number>,
  ids: ArrayLike<number>,
  sums: { [index: number]: number; readonly length: number },
  width: number,
): void {
  const segments = width === 0 ? 0 : sums.length / width;
  for (let row = 0; row < ids.length; row++) {
    const segment = ids[row] ?? -1;
    if (segment < 0 || segment >= segments) continue;
    const from = row * width;
    const to = segment * width;
    for (let i = 0; i < width; i++) sums[to + i] = (sums[to + i] ?? 0) + (source[from + i] ?? 0);
  }
}
