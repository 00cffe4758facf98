/**
 * One site with principal components through its life: decomposed, attached with all components, frozen to the selected
 * ones. Training and reloading both come through `setFrozenPair`, so that they end with the same bits.
 */
import { decompose, foldComponents, takeColumns, takeRows } from '../components.js';
import type { Decomposition } from '../components.js';
import type { AdaptableLayer } from '../adaptable-layer.js';
import type { RankedSite } from '../site.js';
import { readFlat } from '../tensor-data.js';
import { joinedDelta } from './joined-delta.js';
import type { LowRankDelta } from './method.js';
import { putPair } from './pair-site.js';

/** A site with its components: what trains, and what it started from. */
export interface AttachedSite extends RankedSite {
  /** A and B as the decomposition gave them; with the base weight they restore W_res. */
  readonly initial: { readonly a: Float32Array; readonly b: Float32Array };
  /** σ_1 ≥ … ≥ σ_rank of the base weight. */
  readonly singularValues: Float64Array;
  /** All components' values at the time of the selection; null before it. */
  settled: { readonly a: Float32Array; readonly b: Float32Array } | null;
  /** Components that train, in order of their index. */
  selected: readonly number[];
}

/** A site with what its weight was split into. */
export interface DecomposedSite<S extends RankedSite> extends Decomposition {
  readonly site: S;
}

/**
 * Splits the sites' weights; the sites themselves are left as they are.
 * @param onSite called after each site's decomposition
 */
export async function decomposeSites<S extends RankedSite>(
  sites: readonly S[],
  onSite?: (done: number, total: number, site: string) => void,
): Promise<DecomposedSite<S>[]> {
  const found: DecomposedSite<S>[] = [];
  for (const site of sites) {
    const { layer, rank } = site;
    const weight = await layer.readWeight();
    found.push({ site, ...decompose(layer.name, weight, layer.outFeatures, layer.inFeatures, rank) });
    onSite?.(found.length, sites.length, layer.name);
  }
  return found;
}

/**
 * Splits the sites' weights and puts the components in place. All decompositions come before the first change: a failure
 * leaves the model as it was.
 * @param onSite called after each site's decomposition
 */
export async function attachComponents(
  sites: readonly RankedSite[],
  onSite?: (done: number, total: number, site: string) => void,
): Promise<AttachedSite[]> {
  const found = await decomposeSites(sites, onSite);
  return found.map(({ site, ...decomposition }) => attachSite(site, decomposition));
}

/** Puts a decomposition in place: W_res as the frozen weight, all components in the pair. */
function attachSite(
  { layer, rank }: RankedSite,
  { a, b, residual, singularValues }: Decomposition,
): AttachedSite {
  layer.assignWeight(residual);
  putPair(layer, rank, { a, b }, {});
  return {
    layer,
    rank,
    initial: { a, b },
    singularValues,
    settled: null,
    selected: Array.from({ length: rank }, (_, i) => i),
  };
}

/**
 * Sets a site to its state after the selection: the weight with the unselected components folded in, and a pair of
 * the selected ones. Training and reloading both come through here, so that they end with the same bits.
 * @param weight W_res [out, in]
 * @param a all components' A [out, rank]
 * @param b all components' B [rank, in]
 */
export function setFrozenPair(
  layer: AdaptableLayer,
  weight: Float32Array,
  a: Float32Array,
  b: Float32Array,
  rank: number,
  selected: readonly number[],
): void {
  const { outFeatures: out, inFeatures: inn } = layer;
  const frozen = Array.from({ length: rank }, (_, i) => i).filter((i) => !selected.includes(i));
  const folded = foldComponents(weight, a, b, out, inn, rank, frozen);
  layer.assignWeight(folded);
  const values = { a: takeColumns(a, out, rank, selected), b: takeRows(b, inn, selected) };
  putPair(layer, selected.length, values, {});
}

/** All components' present values: trained ones from the engine, frozen ones as they were when they froze. */
export async function currentComponents(site: AttachedSite): Promise<{ a: Float32Array; b: Float32Array }> {
  const { layer, rank, settled, selected } = site;
  const pair = layer.pair;
  if (settled === null) {
    if (pair === null) throw new Error(`${layer.name} has lost its components`);
    const [a, b] = await Promise.all([readFlat([pair.a]), readFlat([pair.b])]);
    return { a, b };
  }
  const a = Float32Array.from(settled.a);
  const b = Float32Array.from(settled.b);
  if (pair !== null) {
    const [trainedA, trainedB] = await Promise.all([readFlat([pair.a]), readFlat([pair.b])]);
    selected.forEach((component, k) => {
      for (let o = 0; o < layer.outFeatures; o++) {
        a[o * rank + component] = trainedA[o * selected.length + k] ?? 0;
      }
      const start = k * layer.inFeatures;
      b.set(trainedB.subarray(start, start + layer.inFeatures), component * layer.inFeatures);
    });
  }
  return { a, b };
}

/** What was added to the sites' weights, by their names. */
export async function componentDeltas(
  sites: readonly AttachedSite[],
): Promise<ReadonlyMap<string, LowRankDelta>> {
  const deltas = sites.map(async (site) => {
    const delta = joinedDelta(await currentComponents(site), site.initial, site.rank);
    return [site.layer.name, delta] as const;
  });
  return new Map(await Promise.all(deltas));
}
