/** The pieces of the kernels' memory in which divide and conquer works. */
import type { Kernels } from '../wasm/kernels.js';
import { strideFor } from '../wasm/stride.js';
import type { Region, Take } from '../wasm/with-kernels.js';

/** Rows of Q that are worked on together. */
export const STRIP_ROWS = 128;

/** Where the work is done. */
export interface Workplace {
  readonly kernels: Kernels;
  /** Doubles from one row to the next, in all of the regions; see `strideFor`. */
  readonly stride: number;
  /** Q, [n, stride]. */
  readonly vectors: Region;
  /** Eigenvectors of an update, [n, stride]. */
  readonly updates: Region;
  /** Old and new entries of a strip of Q, [{@link STRIP_ROWS}, stride] each. */
  readonly before: Region;
  readonly after: Region;
}

/** Doubles that {@link takeWorkplace} takes. */
export function workplaceRoom(n: number): number {
  return 2 * (n + STRIP_ROWS) * strideFor(n);
}

/** Room for a problem of size n. */
export function takeWorkplace(kernels: Kernels, take: Take, n: number): Workplace {
  const stride = strideFor(n);
  return {
    kernels,
    stride,
    vectors: take(n * stride),
    updates: take(n * stride),
    before: take(STRIP_ROWS * stride),
    after: take(STRIP_ROWS * stride),
  };
}
