/** Random orders and samples of 0..size−1. */
import type { Generator } from './generator.js';

/** A random order of 0..size−1 by Fisher–Yates (Durstenfeld 1964). */
export function shuffledOrder(size: number, generator: Generator): number[] {
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = generator.below(i + 1);
    const moved = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = moved;
  }
  return order;
}
