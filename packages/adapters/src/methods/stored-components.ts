/** Sites with principal components as a stored state: what is written, and the way back. */
import { residualWeight } from '../components.js';
import type { AdaptableModel } from '../model.js';
import type { TensorData } from '../tensor-data.js';
import { currentComponents, setFrozenPair } from './component-site.js';
import type { AttachedSite } from './component-site.js';
import type { MethodState } from './method.js';
import { StoredState } from './stored-state.js';

/** What restores the sites: all components as they are, and as they were in the beginning. */
export async function componentTensors(sites: readonly AttachedSite[]): Promise<Map<string, TensorData>> {
  const tensors = new Map<string, TensorData>();
  for (const site of sites) {
    const { layer, rank, initial } = site;
    const shapeA = [layer.outFeatures, rank];
    const shapeB = [rank, layer.inFeatures];
    const current = await currentComponents(site);
    tensors.set(`${layer.name}.a`, { shape: shapeA, data: current.a });
    tensors.set(`${layer.name}.b`, { shape: shapeB, data: current.b });
    tensors.set(`${layer.name}.initial_a`, { shape: shapeA, data: initial.a });
    tensors.set(`${layer.name}.initial_b`, { shape: shapeB, data: initial.b });
  }
  return tensors;
}

/** How `componentTensors` are to be read. */
export function componentLayout(sites: readonly AttachedSite[]): readonly unknown[] {
  return sites.map(({ layer, rank, selected }) => ({ name: layer.name, rank, selected }));
}

/** Puts sites with components back on a model that holds the base weights, and gives the biases their values. */
export async function restoreComponents(model: AdaptableModel, state: MethodState): Promise<void> {
  const stored = new StoredState(model, state);
  const sites = stored.list('sites', isSiteLayout, 'hold name, rank and selected').map((site) => {
    const layer = stored.layer(site.name);
    const shapeA = [layer.outFeatures, site.rank];
    const shapeB = [site.rank, layer.inFeatures];
    return {
      ...site,
      layer,
      initialA: stored.take(`${site.name}.initial_a`, shapeA),
      initialB: stored.take(`${site.name}.initial_b`, shapeB),
      a: stored.take(`${site.name}.a`, shapeA),
      b: stored.take(`${site.name}.b`, shapeB),
    };
  });
  const assignBiases = stored.takeParameters(stored.biases());
  stored.finish();

  for (const { layer, rank, selected, initialA, initialB, a, b } of sites) {
    const base = await layer.readWeight();
    const { outFeatures: out, inFeatures: inn } = layer;
    setFrozenPair(layer, residualWeight(base, initialA, initialB, out, inn, rank), a, b, rank, selected);
  }
  assignBiases();
}

interface SiteLayout {
  readonly name: string;
  readonly rank: number;
  readonly selected: readonly number[];
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
