/**
 * What a model must offer so that adapters can be plugged in and a trainer can train it. Nothing here knows RoBERTa:
 * any model written in tfjs ops whose layers are `Linear` and `Embedding` objects can implement it.
 */
import type * as tf from '@tensorflow/tfjs';

import type { AdaptableLayer } from './adaptable-layer.js';
import type { NamePattern } from './name-pattern.js';
import type { Parameter } from './parameter.js';

/** A source of dropout masks; the caller owns its seed, so that a run can be repeated. */
export interface DropoutSource {
  /** Zeroes each element of `x` with probability `rate` and scales the others by 1/(1 − rate). */
  apply<T extends tf.Tensor>(x: T, rate: number): T;
}

/** A model whose layers can carry adapters. */
export interface AdaptableModel {
  /** Every layer that can carry an adapter, in the order of the forward pass. */
  readonly layers: readonly AdaptableLayer[];
  /** Every parameter, those of `layers` included, in the order of the forward pass. */
  readonly parameters: readonly Parameter[];
  /** The layers that are sites when a method is given none; default those named query, key and value. */
  readonly defaultSites?: readonly NamePattern[];
}

/** An adaptable model with a task head that can be trained on batches. */
export interface TrainableModel extends AdaptableModel {
  /**
   * The forward pass.
   * @param inputs named tensors, as the model wants them: token ids, features, images
   * @param dropout the source of dropout masks, or null to switch dropout off (evaluation)
   * @returns logits [batch, outputs]
   */
  logits(inputs: Readonly<Record<string, tf.Tensor>>, dropout: DropoutSource | null): tf.Tensor2D;
}
