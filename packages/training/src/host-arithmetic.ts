/**
 * The arithmetic of AdamW on arrays in host memory. It is done by WebAssembly kernels where they run and by plain
 * JavaScript elsewhere, with the same operations in the same order, all in float64: both give the same bits.
 */

/** A trainable's arrays, all of one length. */
export interface StepArrays {
  /** Overwritten, as are the moments. */
  readonly weights: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly gradient: Float32Array;
}

/** One step's constants, the same for every value. */
export interface StepConstants {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** What clipping multiplies the gradient by. */
  readonly scale: number;
  /** 1 − η ω */
  readonly kept: number;
  /** η / (1 − β1^t) */
  readonly change: number;
  /** 1 − β2^t */
  readonly correction2: number;
}

export interface HostArithmetic {
  /** Σ x²: the square of value i goes to sum i mod {@link sumCount}, and {@link total} adds the sums up. */
  sumOfSquares(values: Float32Array): number;
  step(arrays: StepArrays, constants: StepConstants): void;
}

/** Sums that squares are spread over, so that one addition need not wait for the one before. */
export const sumCount = 8;

/** The sum of partial sums, from the first to the last. */
export function total(sums: Float64Array): number {
  return sums.reduce((sum, value) => sum + value, 0);
}
