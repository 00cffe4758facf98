/** One way in for all methods: attach by name, restore by saved state. */

import { residualWeight } from '../components.js';
import type { AdaptableLayer } from '../adaptable-layer.js';
import type { AdaptableModel } from '../model.js';
import { assignValues, readFlat } from '../tensor-data.js';
import type { TensorData } from '../tensor-data.js';
import { ApcaMethod } from './apca.js';
import type { ApcaOptions } from './apca.js';
import { checkApcaPlan } from './apca-schedule.js';
import { setFrozenPair } from './apca-site.js';
import type { AttachedMethod, MethodName, MethodState, TrainingPlan } from './method.js';
import { attachParameterSubset, trainedByMethod } from './parameter-subset.js';

/**
 * Whether a method can do its work with a plan; attaching it is not needed to ask.
 * @throws when it cannot
 */
export function checkPlan(name: MethodName, plan: TrainingPlan): void {
  if (name === 'apca') checkApcaPlan(plan);
}

/**
 * Attaches a fine-tuning method to a model.
 * @param options options of `apca`; the other methods have none
 */
export async function attachMethod(
  model: AdaptableModel,
  name: MethodName,
  options: ApcaOptions = {},
): Promise<AttachedMethod> {
  return name === 'apca' ? ApcaMethod.attach(model, options) : attachParameterSubset(model, name);
}

/**
 * Puts a trained state on a model that holds the base weights. Frozen weights are rebuilt by the same arithmetic as
 * in training, so that the restored model's outputs are the trained model's to the last bit on the same engine.
 * @throws when the state names a layer or parameter that the model lacks, or shapes differ
 */
export async function restoreMethod(model: AdaptableModel, state: MethodState): Promise<void> {
  // Everything is checked before the first weight changes: a model is restored whole or left as it was.
  const sites =
    state.method === 'apca' ? readSites(state.layout).map((site) => planSite(model, state, site)) : [];
  const bySite = new Set(sites.flatMap(({ tensorNames }) => tensorNames));
  for (const name of expectedTensors(model, state.method)) {
    if (!state.tensors.has(name)) throw new Error(`restoreMethod: the adapter lacks tensor ${name}`);
  }
  const parameters = new Map(model.parameters.map((parameter) => [parameter.name, parameter]));
  const plain = [...state.tensors]
    .filter(([name]) => !bySite.has(name))
    .map(([name, tensor]) => {
      const parameter = parameters.get(name);
      if (parameter === undefined) throw new Error(`restoreMethod: the model has no parameter ${name}`);
      checkShape(name, tensor, parameter.variable.shape);
      return { tensor, parameter };
    });

  for (const { layer, rank, selected, initialA, initialB, a, b } of sites) {
    const base = await readFlat([layer.weight.variable]);
    const { outFeatures: out, inFeatures: inn } = layer;
    setFrozenPair(layer, residualWeight(base, initialA, initialB, out, inn, rank), a, b, rank, selected);
  }
  for (const { tensor, parameter } of plain) {
    assignValues(parameter.variable, tensor.data);
  }
}

/** The model's own parameters that a state of that method holds. */
function expectedTensors(model: AdaptableModel, method: MethodName): string[] {
  if (method === 'apca') {
    const layers = model.layers.filter(({ weight }) => weight.role === 'encoder');
    return layers.flatMap(({ bias }) => (bias === null ? [] : [bias.name]));
  }
  return trainedByMethod(model, method)
    .filter(({ role }) => role === 'encoder')
    .map(({ name }) => name);
}

interface SitePlan extends SiteLayout {
  readonly layer: AdaptableLayer;
  readonly tensorNames: readonly string[];
  readonly initialA: Float32Array;
  readonly initialB: Float32Array;
  readonly a: Float32Array;
  readonly b: Float32Array;
}

function planSite(model: AdaptableModel, { tensors }: MethodState, site: SiteLayout): SitePlan {
  const layer = model.layers.find(({ name }) => name === site.name);
  if (layer === undefined) throw new Error(`restoreMethod: the model has no layer ${site.name}`);
  if (layer.pair !== null) {
    throw new Error(
      `restoreMethod: ${site.name} carries an adapter already; restore on a model with its base weights`,
    );
  }
  const tensorNames: string[] = [];
  const take = (part: string, shape: readonly number[]): Float32Array => {
    const name = `${site.name}.${part}`;
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new Error(`restoreMethod: the adapter lacks tensor ${name}`);
    checkShape(name, tensor, shape);
    tensorNames.push(name);
    return tensor.data;
  };
  const shapeA = [layer.outFeatures, site.rank];
  const shapeB = [site.rank, layer.inFeatures];
  return {
    ...site,
    layer,
    tensorNames,
    initialA: take('initial_a', shapeA),
    initialB: take('initial_b', shapeB),
    a: take('a', shapeA),
    b: take('b', shapeB),
  };
}

interface SiteLayout {
  readonly name: string;
  readonly rank: number;
  readonly selected: readonly number[];
}

function readSites(layout: Readonly<Record<string, unknown>>): SiteLayout[] {
  const sites = layout['sites'];
  if (!Array.isArray(sites)) throw new Error('restoreMethod: layout.sites must be a list');
  return sites.map((site: unknown, index) => {
    if (isSiteLayout(site)) return site;
    throw new Error(`restoreMethod: layout.sites[${index}] must hold name, rank and selected`);
  });
}

function isSiteLayout(value: unknown): value is SiteLayout {
  if (typeof value !== 'object' || value === null) return false;
  if (!('name' in value) || !('rank' in value) || !('selected' in value)) return false;
  const { name, rank, selected } = value;
  return (
    typeof name === 'string' &&
    typeof rank === 'number' &&
    Number.isSafeInteger(rank) &&
    rank > 0 &&
    Array.isArray(selected) &&
    selected.every((i: unknown) => typeof i === 'number' && Number.isSafeInteger(i) && i >= 0 && i < rank)
  );
}

function checkShape(name: string, tensor: TensorData, expected: readonly number[]): void {
  if (tensor.shape.length !== expected.length || tensor.shape.some((size, i) => size !== expected[i])) {
    throw new Error(
      `restoreMethod: tensor ${name} must be [${expected.join(', ')}]; got [${tensor.shape.join(', ')}]`,
    );
  }
}
