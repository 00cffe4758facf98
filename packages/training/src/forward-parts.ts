/** A compiled forward pass over a whole source, in parts of similar length. */
import type { CompiledStep, Engine } from '@ggm-peft/engine';
import * as tf from '@tensorflow/tfjs';

import { inputTensors } from './batch-tensors.js';
import { longestLength } from './batches.js';
import type { BatchSource } from './batches.js';
import { nextTask } from './next-task.js';
import { cutByLength, cuttingFor, filledRows } from './parts.js';
import type { Part } from './parts.js';

export interface ForwardOptions {
  /** Examples in a part at most; default 64. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a part's forward pass gave: the one output on the host, row-major. Rows behind the part's examples fill it up. */
export interface PartOutput {
  readonly part: Part;
  readonly values: tf.TypedArray;
  readonly shape: readonly number[];
}

/**
 * Yields every part's output, from long examples to short.
 * @param engine that the pass was compiled on, which decides on the parts' shapes
 * @param output name of the pass's output that is wanted
 */
export async function* forwardParts(
  engine: Pick<Engine, 'device' | 'shapes'>,
  forward: CompiledStep,
  output: string,
  source: BatchSource,
  { batchSize = 64, signal }: ForwardOptions = {},
): AsyncGenerator<PartOutput> {
  const examples = Array.from({ length: source.size }, (_, index) => index);
  const cutting = cuttingFor(engine, batchSize, longestLength(source));
  for (const part of cutByLength(examples, (index) => source.length(index), cutting)) {
    await nextTask();
    signal?.throwIfAborted();
    const inputs = inputTensors(source.batch(filledRows(part), part.length).inputs);
    try {
      const outputs = await forward.run(inputs);
      try {
        const tensor = outputs[output];
        if (tensor === undefined) throw new Error(`forwardParts: the forward pass must return ${output}`);
        yield { part, values: await tensor.data(), shape: tensor.shape };
      } finally {
        tf.dispose(outputs);
      }
    } finally {
      tf.dispose(inputs);
    }
  }
}
