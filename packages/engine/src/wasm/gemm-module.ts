/**
 * C = op(A)·op(B) in float32 as a WebAssembly module that works in a given memory.
 *
 * The scheme is that of Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (ACM TOMS 34(3),
 * 2008): operands are copied ("packed") into panels that the innermost loop reads from one end to the other, so that a
 * transposed operand costs a different copy and not a different loop. All addresses and strides are in bytes.
 */
import { encodeModule } from './assembler.js';
import { blockedProduct } from './blocked-product.js';
import { multiplyPanels } from './multiply-panels.js';
import { packStraight } from './pack-straight.js';
import { packTransposed } from './pack-transposed.js';
import { tileColumns, tileRows } from './panels.js';

/** What the module needs of the WebAssembly engine. */
export interface GemmFeatures {
  /** Fused multiply-add (relaxed SIMD), which Node has from version 22. */
  readonly fused: boolean;
  /** For a memory shared between threads, its maximum in pages of 64 KiB; left out for a memory that isn't shared. */
  readonly sharedPages?: number;
}

/** The module's bytes. The export that matters is `gemm`, with the parameters `gemmParameters`. */
export function gemmModule({ fused, sharedPages }: GemmFeatures): Uint8Array<ArrayBuffer> {
  return encodeModule(
    [
      multiplyPanels(fused),
      packStraight(tileRows),
      packTransposed(tileRows),
      packStraight(tileColumns),
      packTransposed(tileColumns),
      blockedProduct({
        multiply: 0,
        packAStraight: 1,
        packATransposed: 2,
        packBStraight: 3,
        packBTransposed: 4,
      }),
    ],
    sharedPages,
  );
}
