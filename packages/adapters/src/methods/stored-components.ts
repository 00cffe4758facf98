/** Sites with principal components as a stored state: what is written, and the way back. */
import { componentsHash } from '../components-hash.js';
import type { AdaptableModel } from '../model.js';
import type { TensorData } from '../tensor-data.js';
import { currentComponents, decomposeSites, setFrozenPair } from './component-site.js';
import type { AttachedSite } from './component-site.js';
import { joinedDelta } from './joined-delta.js';
import type { MethodState, TrainedMethod } from './method.js';
import { StoredState } from './stored-state.js';

/** All components as they are: with the base weights, which tell what they were in the beginning, they restore the sites. */
export async function componentTensors(sites: readonly AttachedSite[]): Promise<Map<string, TensorData>> {
  const tensors = new Map<string, TensorData>();
  for (const site of sites) {
    const { layer, rank } = site;
    const shapeA = [layer.outFeatures, rank];
    const shapeB = [rank, layer.inFeatures];
    const current = await currentComponents(site);
    tensors.set(`${layer.name}.a`, { shape: shapeA, data: current.a });
    tensors.set(`${layer.name}.b`, { shape: shapeB, data: current.b });
  }
  return tensors;
}

/** How `componentTensors` are to be read, with a hash of the components as they were in the beginning. */
export function componentLayout(sites: readonly AttachedSite[]): Readonly<Record<string, unknown>> {
  return {
    sites: sites.map(({ layer, rank, selected }) => ({ name: layer.name, rank, selected })),
    components: initialHash(sites),
  };
}

/** The hash of the components that the sites started from. */
export function initialHash(sites: readonly AttachedSite[]): string {
  return componentsHash(sites.map(({ layer, initial }) => ({ name: layer.name, ...initial })));
}

/**
 * Puts sites with components back on a model that holds the base weights, and gives the biases their values. The layers are
 * decomposed again, as attaching does: that is what it costs not to store the components that they started from.
 * @throws when the state does not fit, or the decomposition gives other bits; the model is then as it was
 */
export async function restoreComponents(
  model: AdaptableModel,
  state: MethodState,
): Promise<TrainedMethod['deltas']> {
  const stored = new StoredState(model, state);
  const sites = stored.list('sites', isSiteLayout, 'hold name, rank and selected').map((site) => {
    const layer = stored.layer(site.name);
    return {
      ...site,
      layer,
      a: stored.take(`${site.name}.a`, [layer.outFeatures, site.rank]),
      b: stored.take(`${site.name}.b`, [site.rank, layer.inFeatures]),
    };
  });
  const assignBiases = stored.takeParameters(stored.biases());
  stored.finish();
  const decompositions = await decomposeSites(sites);
  const found = componentsHash(
    decompositions.map(({ site, ...parts }) => ({ name: site.layer.name, ...parts })),
  );
  if (found !== state.layout['components']) {
    throw new Error(
      `restoreMethod: the base weights' components must have the hash ${String(state.layout['components'])}, as in ` +
        `training; got ${found}: the weights are others, or this release decomposes them to other bits`,
    );
  }

  for (const { site, residual } of decompositions) {
    setFrozenPair(site.layer, residual, site.a, site.b, site.rank, site.selected);
  }
  assignBiases();
  // The residuals are as large as the weights: they are not to be kept as long as the deltas may be asked for.
  const components = decompositions.map(({ site, a, b }) => ({ site, initial: { a, b } }));
  return () =>
    Promise.resolve(
      new Map(
        components.map(({ site, initial }) => [site.layer.name, joinedDelta(site, initial, site.rank)]),
      ),
    );
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
