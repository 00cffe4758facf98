/**
 * What a method goes on from in the middle of a run, besides the values that train and the optimiser's moments, which the
 * trainer keeps: averages, samples, what has been selected, values that have stopped training.
 */

/** Float32 or float64 values, row-major; float64 where the method computes in it, so that no bit is lost. */
export interface ProgressTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

export interface MethodProgress {
  readonly tensors: ReadonlyMap<string, ProgressTensor>;
  /** Plain JSON: finite numbers, texts, booleans, null, lists, objects. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The progress of a method that has nothing but its trainables' values. */
export const noProgress: MethodProgress = { tensors: new Map(), data: {} };
