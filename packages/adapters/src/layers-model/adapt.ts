/**
 * Any `tf.LayersModel` with Dense layers as a model to which methods attach and which a trainer trains: sequential or
 * functional, with nested models, layers used in several places and TimeDistributed(Dense).
 *
 * The instance stays what it is: `predict`, `evaluate`, `summary` and `save` work on it, with the adapter taken into
 * account; `fit` refuses while an adapter is attached. The forward pass is that of inference throughout: batch normalisation
 * uses its moving averages and does not change them. Dropout layers draw from the trainer's source; noise layers
 * and dropout within recurrent layers are off.
 */
import type * as tf from '@tensorflow/tfjs';
import { checkOptions } from '@ggm-peft/linalg';

import { matcherOf, requirePatterns } from '../name-pattern.js';
import type { NamePattern } from '../name-pattern.js';
import { AdaptedLayersModel } from './adapted-layers-model.js';
import { checkLeaves, checkModel, checkShared } from './check-model.js';
import { finalActivation } from './final-activation.js';
import type { FinalActivation } from './final-activation.js';
import { layerParameters } from './layer-parameters.js';
import { isDense, leafLayers } from './leaf-layers.js';
import type { LeafLayer } from './leaf-layers.js';

export interface LayersModelOptions {
  /** The layers, of any kind, that are the task head; default: the last Dense layer. An empty list: there is none. */
  readonly head?: readonly NamePattern[];
  /**
   * What `logits` gives where the model ends in a softmax, or in a sigmoid of one unit: `logits`, the default, what enters it
   * (for a sigmoid the two logits [0, z] of its classes), or `outputs`, the model's outputs as they are.
   */
  readonly gives?: 'logits' | 'outputs';
}

const optionNames = ['head', 'gives'] as const satisfies readonly (keyof LayersModelOptions)[];

/**
 * Makes a tfjs model adaptable and trainable, in place, until `detach`. The model computes what it did.
 * @throws when it is no LayersModel or not built, has no Dense layer, several outputs or outputs that are not [batch, n], a
 *   pattern matches no layer with weights, two layers share a weight, or the model or one of its layers is adapted already
 */
export function adaptLayersModel(
  model: tf.LayersModel,
  options: LayersModelOptions = {},
): AdaptedLayersModel {
  checkOptions('adaptLayersModel', options, optionNames);
  checkModel(model);
  const leaves = leafLayers(model);
  checkLeaves(leaves);
  const isHead = headOf(leaves, options.head);
  const withParameters = leaves.map((leaf) => ({
    ...leaf,
    parameters: layerParameters(leaf, isHead(leaf) ? 'head' : 'encoder'),
  }));
  checkShared(withParameters);
  return new AdaptedLayersModel(model, withParameters, chosenActivation(model, options.gives ?? 'logits'));
}

/** @throws when a pattern matches no layer with weights */
function headOf(
  leaves: readonly LeafLayer[],
  patterns: readonly NamePattern[] | undefined,
): (leaf: LeafLayer) => boolean {
  if (patterns === undefined) {
    const last = leaves.findLast(isDense);
    return (leaf) => leaf === last;
  }
  requirePatterns('adaptLayersModel: head', patterns);
  const weighted = leaves.filter(({ layer }) => layer.weights.length > 0);
  const head = new Set<LeafLayer>();
  for (const pattern of patterns) {
    const matches = matcherOf(pattern);
    const matching = weighted.filter(({ name }) => matches(name));
    if (matching.length === 0) {
      throw new Error(
        `adaptLayersModel: head pattern ${String(pattern)} matches no layer with weights; ` +
          `there are ${weighted.map(({ name }) => name).join(', ')}`,
      );
    }
    for (const leaf of matching) head.add(leaf);
  }
  return (leaf) => head.has(leaf);
}

/** The final activation that `logits` leaves out. */
function chosenActivation(model: tf.LayersModel, gives: 'logits' | 'outputs'): FinalActivation | null {
  const final = finalActivation(model);
  if (final === null || gives === 'outputs') return null;
  const units = model.outputs[0]?.shape[1];
  if (final.kind === 'sigmoid' && units !== 1) {
    throw new Error(
      `adaptLayersModel: a final sigmoid must have 1 unit to be a choice between two classes; ${final.layer.name} has ` +
        `${String(units)}. gives: 'outputs' takes them as they are`,
    );
  }
  if (final.layer.inboundNodes.length > 1) {
    throw new Error(
      `adaptLayersModel: ${final.layer.name}, whose ${final.kind} ends the model, is used in several places; ` +
        `gives: 'outputs' takes the outputs as they are`,
    );
  }
  return final;
}
