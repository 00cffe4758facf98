/**
 * The WebAssembly kernels, in AssemblyScript: a small language that is written like TypeScript and compiled ahead of
 * time. `scripts/build-kernels.mjs` compiles this file; `src/wasm` loads the result.
 *
 * Conventions: every kernel works on the module's linear memory and allocates nothing. An array is the address of its
 * first double; a matrix is that and the distance of its rows in doubles (`lda` for A). All counts are unsigned.
 *
 * A kernel that spends long in one call would run the whole first call in the engine's quick, unoptimised tier, for
 * optimised code is taken up from call to call. So inner loops are functions of their own, called often; exporting
 * them keeps the compiler from folding them into their only caller.
 */
export { product, lowerProduct, tileProduct } from './product';
export { packFour } from './pack-rows';
export { packEntries } from './pack-columns';
export { mirrorLower } from './mirror-lower';
export { dotTile } from './dot-tile';
export { solvePanel } from './solve-rows';
export { cholesky } from './cholesky';
export { invert } from './invert';
export { sweepBlock, tridiagonalise, tridiagonalScratch } from './tridiagonalise';
export { applyReflectors, reflectorScratch } from './apply-reflectors';
export { dot, orthogonaliseRow, rotate } from './orthogonalise-rows';

/** Where memory that the kernels do not use themselves begins. */
export function firstFreeByte(): usize {
  return __heap_base;
}
