/** What principal components have added to a weight since they were split off. */
import type { LowRankDelta } from './method.js';

interface Components {
  /** A [out, rank] */
  readonly a: Float32Array;
  /** B [rank, in] */
  readonly b: Float32Array;
}

/** W_now − W_base = A B − A₀ B₀ as one product of rank 2r: [A, −A₀] [B; B₀]. */
export function joinedDelta(now: Components, initial: Components, rank: number): LowRankDelta {
  const out = now.a.length / rank;
  const a = new Float32Array(out * 2 * rank);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < rank; i++) {
      a[o * 2 * rank + i] = now.a[o * rank + i] ?? 0;
      a[o * 2 * rank + rank + i] = -(initial.a[o * rank + i] ?? 0);
    }
  }
  const b = new Float32Array(2 * now.b.length);
  b.set(now.b);
  b.set(initial.b, now.b.length);
  return { a, b, rank: 2 * rank };
}
