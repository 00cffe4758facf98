/**
 * A frozen prefix computed once: what enters the first stage that trains, for every example, without dropout. Steps read it
 * from a file and run the rest of the forward pass alone.
 */
import type { StagedModel, Trainable } from '@ggm-peft/adapters';
import type { Engine } from '@ggm-peft/engine';
import * as tf from '@tensorflow/tfjs';

import { batchTensors } from './batch-tensors.js';
import { longestLength } from './batches.js';
import type { BatchSource, LabelledBatch } from './batches.js';
import type { Feed } from './feed.js';
import { forwardParts } from './forward-parts.js';
import type { PartOutput } from './forward-parts.js';
import { frozenVariables, modelVariables } from './model-variables.js';
import { filledRows } from './parts.js';
import type { Part } from './parts.js';
import { writeRowFile } from './row-file.js';
import type { RowFile, WriteRow } from './row-file.js';

/** Names of the tensor that enters the stage: among a step's inputs, and as the prefix's output. */
const statesName = 'prefix states';

export interface PrefixOptions {
  readonly engine: Engine;
  readonly model: StagedModel;
  readonly trainables: readonly Trainable[];
  /** Gives the same example whenever it is asked for one. */
  readonly source: BatchSource;
  /** The first stage that trains, from 1. */
  readonly stage: number;
  /** An existing folder for the file. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of examples whose states are kept, from 0 on. */
  readonly onProgress: (done: number) => void;
}

/** Computes and keeps the prefix's output for every example of a source. */
export async function prefixFeed(options: PrefixOptions): Promise<Feed> {
  const { model, source, stage, folder } = options;
  const started = performance.now();
  const { width } = model;
  const firstOnly = model.stages[stage]?.tokens === 'first';
  const length = (index: number): number => (firstOnly ? 1 : source.length(index));
  const sizes = Array.from({ length: source.size }, (_, index) => length(index) * width);
  const file = await writeRowFile(folder, sizes, (write) => fill(options, sizes, write));
  return {
    prefix: {
      stage,
      examples: source.size,
      bytes: file.bytes,
      seconds: (performance.now() - started) / 1000,
    },
    length,
    longest: firstOnly ? 1 : longestLength(source),
    logits: ({ [statesName]: states, ...inputs }, dropout) => {
      if (states === undefined) throw new Error(`train: the batch has no ${statesName}`);
      return model.logitsFrom(stage, states, inputs, dropout);
    },
    tensors: async (part) => {
      const batch = source.batch(filledRows(part), firstOnly ? undefined : part.length);
      const inputs = firstOnly ? {} : batch.inputs;
      const shape = [part.rows, firstOnly ? 1 : paddedLength(batch), width];
      const states = await readStates(file, part, sizes, shape);
      return { ...batchTensors({ inputs, labels: batch.labels }), [statesName]: tf.tensor(states, shape) };
    },
    dispose: () => file.remove(),
  };
}

/** Writes every example's states, as long as the example is. */
async function fill(
  { engine, model, trainables, source, stage, signal, onProgress }: PrefixOptions,
  sizes: readonly number[],
  write: WriteRow,
): Promise<void> {
  const variables = modelVariables(model);
  const prefix = engine.compile((inputs) => ({ [statesName]: model.prefix(stage, inputs) }), {
    variables,
    frozen: frozenVariables(variables, trainables),
  });
  let done = 0;
  try {
    onProgress(done);
    for await (const output of forwardParts(engine, prefix, statesName, source, { signal })) {
      await writePart(output, sizes, write);
      done += output.part.indices.length;
      onProgress(done);
    }
  } finally {
    await prefix.dispose();
  }
}

/** @param output states [rows, tokens, width] */
async function writePart(
  { part, values, shape }: PartOutput,
  sizes: readonly number[],
  write: WriteRow,
): Promise<void> {
  const rowSize = values.length / part.rows;
  for (const [row, index] of part.indices.entries()) {
    const size = sizes[index] ?? NaN;
    if (!(values instanceof Float32Array) || !(size <= rowSize)) {
      throw new Error(
        `train: the model's prefix must give float32 [batch, tokens, width] with at least ${size} values an example; ` +
          `got [${shape.join(', ')}]`,
      );
    }
    await write(index, values.subarray(row * rowSize, row * rowSize + size));
  }
}

/**
 * The states of a part's examples; zeros on padding and in the rows that fill it up.
 * @param shape [rows, tokens, width]
 */
async function readStates(
  file: RowFile,
  { indices }: Part,
  sizes: readonly number[],
  shape: readonly number[],
): Promise<Float32Array> {
  const [rows = 0, tokens = 0, width = 0] = shape;
  const states = new Float32Array(rows * tokens * width);
  await Promise.all(
    indices.map((index, row) => {
      const start = row * tokens * width;
      return file.read(index, states.subarray(start, start + (sizes[index] ?? 0)));
    }),
  );
  return states;
}

/** Tokens that a batch's inputs are padded to. */
function paddedLength({ inputs }: LabelledBatch): number {
  const lengths = new Set(Object.values(inputs).map(({ shape }) => shape[1]));
  const [length] = lengths;
  if (lengths.size !== 1 || length === undefined) {
    throw new Error(
      `train: the inputs of a model in stages must be [batch, length]; their second sides are ${[...lengths].join(', ')}`,
    );
  }
  return length;
}
