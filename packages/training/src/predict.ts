/**
 * The model's outputs on a set of examples. Batches hold examples of similar length, which changes nothing but the
 * padding; outputs come back in the examples' own order.
 */
import * as tf from '@tensorflow/tfjs';
import type { TrainableModel } from '@ggm-peft/adapters';
import type { CompiledStep, Engine } from '@ggm-peft/engine';

import { longestLength } from './batches.js';
import type { BatchSource, LabelledBatch } from './batches.js';
import { TrainingDivergedError } from './diverged.js';
import { nextTask } from './next-task.js';
import { cutByLength, cuttingFor, filledRows } from './parts.js';

/** Logits on the host, row-major [size, outputs]. */
export interface Predictions {
  readonly logits: Float32Array;
  readonly outputs: number;
}

export interface PredictOptions {
  /** Examples in a batch at most; default 64. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
  /** Called after each batch with the number of examples done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A batch's arrays on the engine; the caller disposes of them. */
export function batchTensors({ inputs, labels }: LabelledBatch): Record<string, tf.Tensor> {
  const tensors: Record<string, tf.Tensor> = { labels: tf.tensor1d(labels, 'float32') };
  for (const [name, { data, shape }] of Object.entries(inputs)) {
    tensors[name] = tf.tensor(data, [...shape], 'int32');
  }
  return tensors;
}

/** Every variable that the model reads as it is now: its parameters and the pairs that its layers carry. */
export function modelVariables({ parameters, layers }: TrainableModel): tf.Variable[] {
  return [
    ...parameters.map(({ variable }) => variable),
    ...layers.flatMap(({ pair }) => (pair === null ? [] : [pair.a, pair.b])),
  ];
}

/** Compiles the model's forward pass as it is now, without dropout, for `predict`. */
export function compileForward(engine: Engine, model: TrainableModel): CompiledStep {
  return engine.compile((inputs) => ({ logits: model.logits(inputs, null) }), {
    variables: modelVariables(model),
  });
}

async function run(forward: CompiledStep, batch: LabelledBatch): Promise<tf.TypedArray> {
  const tensors = batchTensors(batch);
  try {
    const result = await forward.run(tensors);
    const { logits } = result;
    if (logits === undefined) throw new Error('predict: the forward pass must return logits');
    try {
      return await logits.data();
    } finally {
      tf.dispose(result);
    }
  } finally {
    tf.dispose(tensors);
  }
}

/**
 * Runs a compiled forward pass over a source.
 * @param engine that it was compiled on, which decides on the batches' shapes
 * @throws TrainingDivergedError when a logit is not finite
 */
export async function predict(
  engine: Pick<Engine, 'device' | 'shapes'>,
  forward: CompiledStep,
  source: BatchSource,
  { batchSize = 64, signal, onProgress }: PredictOptions = {},
): Promise<Predictions> {
  let outputs = 0;
  let done = 0;
  let logits = new Float32Array(0);
  const examples = Array.from({ length: source.size }, (_, index) => index);
  const cutting = cuttingFor(engine, batchSize, longestLength(source));
  for (const part of cutByLength(examples, (index) => source.length(index), cutting)) {
    await nextTask();
    signal?.throwIfAborted();
    const { indices } = part;
    const values = await run(forward, source.batch(filledRows(part), part.length));
    if (!values.every(Number.isFinite)) {
      throw new TrainingDivergedError(
        'predict: the logits are not finite: the weights have diverged or are damaged',
      );
    }
    if (outputs === 0) {
      outputs = values.length / part.rows;
      logits = new Float32Array(source.size * outputs);
    }
    indices.forEach((index, row) => {
      logits.set(values.slice(row * outputs, (row + 1) * outputs), index * outputs);
    });
    done += indices.length;
    onProgress?.(done, source.size);
  }
  return { logits, outputs };
}
