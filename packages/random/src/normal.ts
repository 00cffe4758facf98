/** Standard normal numbers by the Box–Muller transform (Box & Muller 1958). */
import type { Generator } from './generator.js';

/** @returns a function that draws from N(0, 1) */
export function normals(generator: Generator): () => number {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    // 1 − u lies in (0, 1], where the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - generator.uniform()));
    const angle = 2 * Math.PI * generator.uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
