/** What training steps are fed with: a batch's part as tensors, and how logits come of them. */
import type { DropoutSource, TrainableModel } from '@ggm-peft/adapters';
import type { NamedTensors } from '@ggm-peft/engine';
import type * as tf from '@tensorflow/tfjs';

import { batchTensors } from './batch-tensors.js';
import { longestLength } from './batches.js';
import type { BatchSource } from './batches.js';
import { filledRows } from './parts.js';
import type { Part } from './parts.js';

/** A forward pass from a step's inputs, `labels` excepted, to logits [batch, outputs]. */
export type ForwardPass = (inputs: NamedTensors, dropout: DropoutSource | null) => tf.Tensor2D;

/** What of a model's forward pass was computed beforehand for every example, and is kept in a file. */
export interface KeptPrefix {
  /** The first stage that trains: what the stages below it give is kept. 0: nothing is, for the first stage trains. */
  readonly stage: number;
  readonly examples: number;
  /** Size of the file. */
  readonly bytes: number;
  /** Time to compute and write it. */
  readonly seconds: number;
}

export interface Feed {
  /** What is kept; null where nothing was to be. */
  readonly prefix: KeptPrefix | null;
  /** Tokens of an example, as far as the step's arithmetic depends on them. */
  readonly length: (index: number) => number;
  /** The longest example's. */
  readonly longest: number;
  readonly logits: ForwardPass;
  /** A part's inputs for the forward pass, and its `labels`; the caller disposes of them. */
  readonly tensors: (part: Part) => Promise<Record<string, tf.Tensor>>;
  /** Gives back what the feed keeps. */
  readonly dispose: () => Promise<void>;
}

/** The model's own inputs, the whole forward pass. */
export function inputFeed(
  model: TrainableModel,
  source: BatchSource,
  prefix: KeptPrefix | null = null,
): Feed {
  return {
    prefix,
    length: (index) => source.length(index),
    longest: longestLength(source),
    logits: (inputs, dropout) => model.logits(inputs, dropout),
    tensors: (part) => Promise.resolve(batchTensors(source.batch(filledRows(part), part.length))),
    dispose: () => Promise.resolve(),
  };
}
