/** Batches of labelled examples, and how examples fall into them. */

/** A named model input on the host, row-major. The array's type is the tensor's: Int32Array int32, Float32Array float32. */
export interface InputArray {
  readonly data: Int32Array | Float32Array;
  readonly shape: readonly number[];
}

/** One batch: the model's inputs, first side the batch, and the labels (class indices or scores) [batch]. */
export interface LabelledBatch {
  /** By name; `labels` and `weights` are the trainer's own. */
  readonly inputs: Readonly<Record<string, InputArray>>;
  readonly labels: Float32Array;
}

/** Labelled examples that can be put together to batches. */
export interface BatchSource {
  readonly size: number;
  /**
   * Number of tokens of an example, padding not counted: what its batch is padded to depends on it. 1 for examples that
   * all have the same shape.
   */
  length(index: number): number;
  /**
   * @param indices examples, which may repeat
   * @param length tokens to pad every example to; default: the longest's. A source may ignore it, at the price of more
   *   shapes, which some engines compile anew
   */
  batch(indices: readonly number[], length?: number): LabelledBatch;
}

/** Tokens of the longest example. */
export function longestLength(source: BatchSource): number {
  let longest = 0;
  for (let index = 0; index < source.size; index++) longest = Math.max(longest, source.length(index));
  return longest;
}

/** Cuts an order into batches; the last may be smaller. */
export function cutIntoBatches(order: readonly number[], batchSize: number): number[][] {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new Error(`cutIntoBatches: batchSize must be an integer of at least 1; got ${batchSize}`);
  }
  return Array.from({ length: Math.ceil(order.length / batchSize) }, (_, i) =>
    order.slice(i * batchSize, (i + 1) * batchSize),
  );
}
