/**
 * Work in the kernels' memory: claim it, copy in, compute, copy out. One instance serves all calls, one after another;
 * its memory grows to what the largest call so far needed. WebAssembly memory cannot shrink, so an instance that has
 * grown beyond a limit is dropped after the call, for the garbage collector to take.
 */
import { instantiateKernels, type Kernels, type Pointer } from './kernels.js';

/** A piece of the kernels' memory: its address for the kernels, and its doubles for us. Not zeroed. */
export interface Region {
  readonly pointer: Pointer;
  readonly data: Float64Array;
}

/** Hands out the next `length` doubles of what was claimed. */
export type Take = (length: number) => Region;

/** An instance may keep this much memory between calls: a decomposition of about 1600 × 1600 fits. */
const KEPT_BYTES = 64 * 2 ** 20;
const PAGE_BYTES = 2 ** 16;
/** What a 32-bit memory can hold. */
const MOST_BYTES = 2 ** 32 - PAGE_BYTES;
/** Regions begin on cache lines of so many bytes, */
const LINE_BYTES = 64;
/** and a call takes at most so many of them. */
const MOST_REGIONS = 16;

let kept: Kernels | undefined;

/**
 * Calls `work` with the kernels and with memory.
 *
 * @param room how many doubles `work` will take, in at most 16 pieces.
 * @returns what `work` returns; undefined, without calling it, where there are no kernels or not so much memory.
 */
export function withKernels<T>(
  room: (kernels: Kernels) => number,
  work: (kernels: Kernels, take: Take) => T,
): T | undefined {
  const kernels = claim(room);
  if (kernels === undefined) return undefined;
  const { buffer } = kernels.memory;
  let next = roundUp(kernels.firstFreeByte());
  try {
    return work(kernels, (length) => {
      const pointer = next;
      const data = new Float64Array(buffer, pointer, length);
      next += roundUp(data.byteLength);
      return { pointer, data };
    });
  } finally {
    if (buffer.byteLength > KEPT_BYTES) kept = undefined;
  }
}

/** The next multiple of a cache line. */
function roundUp(bytes: number): number {
  return Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
}

/** The instance, with the room that is asked for beside its own data. */
function claim(room: (kernels: Kernels) => number): Kernels | undefined {
  try {
    kept ??= instantiateKernels();
    if (kept === undefined) return undefined;
    const regions = room(kept) * Float64Array.BYTES_PER_ELEMENT + MOST_REGIONS * LINE_BYTES;
    const needed = roundUp(kept.firstFreeByte()) + regions;
    if (needed > MOST_BYTES) return undefined;
    const missing = needed - kept.memory.buffer.byteLength;
    if (missing > 0) kept.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return kept;
  } catch (error) {
    // The engine has not so much memory to give.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
