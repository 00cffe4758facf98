/** What a tfjs model must be to be adapted. */
import * as tf from '@tensorflow/tfjs';

import { isAdapted } from './adapted-layers-model.js';
import type { Leaf } from './adapted-layers-model.js';
import { isDense } from './leaf-layers.js';
import type { LeafLayer } from './leaf-layers.js';

/** @throws when it is no LayersModel that gives one tensor [batch, outputs] */
export function checkModel(model: unknown): asserts model is tf.LayersModel {
  if (!(model instanceof tf.LayersModel)) {
    const got = typeof model === 'object' && model !== null ? model.constructor.name : String(model);
    throw new Error(
      `adaptLayersModel: model must be a tf.LayersModel of the program's one copy of tfjs; got ${got}`,
    );
  }
  if (model.layers.length === 0 || !Array.isArray(model.outputs) || model.outputs.length === 0) {
    throw new Error(`adaptLayersModel: ${model.name} is not built: add layers, the first with an inputShape`);
  }
  if (model.outputs.length > 1) {
    throw new Error(
      `adaptLayersModel: ${model.name} must have one output; got ${model.outputNames.join(', ')}. ` +
        'tf.model({ inputs, outputs }) makes a model of one of them',
    );
  }
  const shape = model.outputs[0]?.shape ?? [];
  if (shape.length !== 2) {
    throw new Error(
      `adaptLayersModel: ${model.name} must give [batch, outputs]; its output is ` +
        `[${shape.map((side) => side ?? 'batch').join(', ')}]`,
    );
  }
}

/** @throws when there is no Dense layer, or a layer is adapted already */
export function checkLeaves(leaves: readonly LeafLayer[]): void {
  if (!leaves.some(isDense)) {
    const kinds = [...new Set(leaves.map(({ layer }) => layer.getClassName()))];
    throw new Error(
      `adaptLayersModel: the model has no Dense layer that could carry an adapter; its layers are ${kinds.join(', ')}`,
    );
  }
  for (const { name, layer } of leaves) {
    if (isAdapted(layer)) {
      throw new Error(`adaptLayersModel: layer ${name} is adapted already; detach its model first`);
    }
  }
}

/** @throws when two layers share a weight */
export function checkShared(leaves: readonly Leaf[]): void {
  const owners = new Map<tf.Variable, string>();
  for (const { name, parameters } of leaves) {
    for (const { parameter } of parameters) {
      const owner = owners.get(parameter.variable);
      if (owner !== undefined) {
        throw new Error(
          `adaptLayersModel: layers ${owner} and ${name} share the weight ${parameter.name}; ` +
            'use one layer in both places instead',
        );
      }
      owners.set(parameter.variable, name);
    }
  }
}
