/**
 * What a model may offer beyond training: a forward pass in stages, each reading what the one before gives. While nothing
 * below a stage trains, what enters it is the same at every visit of an example, and can be computed once and kept.
 */
import type * as tf from '@tensorflow/tfjs';

import { pairVariables } from './adaptable-layer.js';
import type { AdaptableLayer } from './adaptable-layer.js';
import type { Trainable } from './methods/method.js';
import type { DropoutSource, TrainableModel } from './model.js';
import type { Parameter } from './parameter.js';

/** One stage of the forward pass. */
export interface Stage {
  /** Parameters that are first read in this stage. */
  readonly parameters: readonly Parameter[];
  /** Layers that are first read in this stage. */
  readonly layers: readonly AdaptableLayer[];
  /**
   * What enters the stage: the state of every token; or that of the first token alone, where this stage and those after it
   * read neither the others' nor the inputs. The first stage reads the inputs.
   */
  readonly tokens: 'all' | 'first';
}

/**
 * A model in stages. `logits(inputs, dropout)` is `logitsFrom(stage, prefix(stage, inputs), inputs, dropout)` at every
 * stage from 1, if dropout is off in the stages below.
 */
export interface StagedModel extends TrainableModel {
  /** In the order of the forward pass. Every parameter and layer belongs to one. */
  readonly stages: readonly Stage[];
  /** Values of one token's state. */
  readonly width: number;
  /**
   * What enters a stage, without dropout.
   * @param stage from 1 to the last
   * @param inputs as for `logits`, each [batch, length]
   * @returns [batch, length, width], or [batch, 1, width] where only the first token's state is read
   */
  prefix(stage: number, inputs: Readonly<Record<string, tf.Tensor>>): tf.Tensor;
  /**
   * The rest of the forward pass.
   * @param stage from 1 to the last
   * @param hidden what `prefix` gave for the same inputs, as far as the attention mask reaches: padding may hold anything finite
   * @param inputs as for `logits`; may be empty where only the first token's state is read
   * @param dropout the source of dropout masks from this stage on, or null
   * @returns logits [batch, outputs]
   */
  logitsFrom(
    stage: number,
    hidden: tf.Tensor,
    inputs: Readonly<Record<string, tf.Tensor>>,
    dropout: DropoutSource | null,
  ): tf.Tensor2D;
}

/** Whether a model's forward pass comes in stages. */
export function isStaged(model: TrainableModel): model is StagedModel {
  return 'stages' in model && 'prefix' in model && 'logitsFrom' in model;
}

/**
 * The first stage in which something trains: everything below it is frozen.
 * @throws when a trainable belongs to no stage: what is thought to be frozen might not be
 */
export function firstTrainedStage({ stages }: StagedModel, trainables: readonly Trainable[]): number {
  const stageOf = new Map<tf.Variable, number>();
  for (const [index, { parameters, layers }] of stages.entries()) {
    for (const { variable } of parameters) stageOf.set(variable, index);
    for (const { pair } of layers) {
      for (const variable of pairVariables(pair)) stageOf.set(variable, index);
    }
  }
  return trainables.reduce((first, { name, variable }) => {
    const stage = stageOf.get(variable);
    if (stage === undefined) throw new Error(`firstTrainedStage: ${name} belongs to no stage of the model`);
    return Math.min(first, stage);
  }, stages.length - 1);
}
