/**
 * AdamW's inner loops in AssemblyScript: a small language that is written like TypeScript and compiled ahead of time.
 * The repository's `scripts/build-kernels.mjs` compiles this file; `src/wasm` loads the result.
 *
 * The kernels work on one chunk of each array, in arrays of the module's own (chunk.ts): the caller copies in and out.
 * Arithmetic is in float64, two lanes at a time, in the order of src/host-arithmetic.ts, and so gives the same bits.
 */
export { capacity, first, gradient, second, sums, weights } from './chunk';
export { adamWStep } from './adamw-step';
export { addSquares } from './add-squares';
