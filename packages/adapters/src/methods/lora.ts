/**
 * Low-rank adaptation (LoRA; Hu et al. 2022, arXiv 2106.09685): W stays frozen, and a product of two thin matrices is
 * trained beside it,
 *
 *   y = x Wᵀ + s · drop(x) Bᵀ Aᵀ + b,   s = α / r,   or α / √r with `rankStabilised` (Kalajdzievski 2023, arXiv 2312.03732)
 *
 * A [out, r] begins at zero (Hugging Face PEFT's `lora_B`) and B [r, in] random (its `lora_A`), as there: uniform in
 * ±1/√in for linear layers, which is Kaiming's with slope √5, and N(0, 1) for embeddings.
 */
import { normals, seededGenerator } from '@ggm-peft/random';

import type { AdaptableLayer } from '../adaptable-layer.js';
import { Embedding } from '../embedding.js';
import type { AdaptableModel } from '../model.js';
import { rankSites, siteOptionNames } from '../site.js';
import type { SiteOptions } from '../site.js';
import { requireBare } from './bare.js';
import type { MethodDefinition } from './definition.js';
import { fixedMethod } from './fixed-method.js';
import type { AttachedMethod } from './method.js';
import { foldPairs, pairDeltas, pairLayout, pairTensors, putPair, restorePairs } from './pair-site.js';
import { checkPairOptions } from './pair-options.js';
import { readParameters } from './stored-state.js';
import { encoderBiases, listTrainables } from './trainables.js';

export interface LoraOptions extends SiteOptions {
  /** r, the rank of each site's product; default 8. */
  readonly rank?: number;
  /** α > 0, which the product is multiplied by beside 1/r; default 8. */
  readonly alpha?: number;
  /** Rate of dropout on what enters the product, in [0, 1); default 0. Embeddings have none. */
  readonly dropout?: number;
  /** s = α/√r in place of α/r (rsLoRA): the step does not shrink as r grows; default false. */
  readonly rankStabilised?: boolean;
  /** Whether the biases of the encoder's layers train too; default false. */
  readonly encoderBiases?: boolean;
  /** Seed of B, an integer; default 0. */
  readonly seed?: number;
}

export const lora: MethodDefinition<LoraOptions> = {
  name: 'lora',
  optionNames: [...siteOptionNames, 'rank', 'alpha', 'dropout', 'rankStabilised', 'encoderBiases', 'seed'],
  attach: (model, options) => Promise.resolve(attach(model, options)),
  checkPlan: () => undefined,
  restore: restorePairs,
};

function attach(model: AdaptableModel, options: LoraOptions): AttachedMethod {
  const { rank = 8, alpha = 8, dropout = 0, rankStabilised = false, seed = 0 } = options;
  requireBare('lora', model);
  checkPairOptions('lora', { alpha, dropout, seed });
  const sites = rankSites('lora', model, options, rank);
  for (const site of sites) {
    const { layer } = site;
    const values = {
      a: new Float32Array(layer.outFeatures * site.rank),
      b: initialRows(layer, site.rank, seed, model.layers.indexOf(layer)),
    };
    putPair(layer, site.rank, values, {
      scale: alpha / (rankStabilised ? Math.sqrt(site.rank) : site.rank),
      dropout,
    });
  }
  const layers = sites.map(({ layer }) => layer);
  const biases = options.encoderBiases === true ? encoderBiases(model) : [];
  const biasNames = new Set(biases.map(({ name }) => name));
  const trainables = listTrainables(
    model,
    layers,
    ({ name, role }) => role === 'head' || biasNames.has(name),
  );
  return fixedMethod({
    name: 'lora',
    trainables: () => trainables,
    state: async () => ({
      method: 'lora',
      tensors: new Map([...(await pairTensors(layers)), ...(await readParameters(biases))]),
      layout: { sites: pairLayout(layers), biases: [...biasNames] },
    }),
    deltas: () => pairDeltas(layers),
    dispose: () => {
      foldPairs(layers);
    },
  });
}

/**
 * B [rank, in] as it begins.
 * @param index the layer's position in the model: its values do not depend on which other layers are sites
 */
function initialRows(layer: AdaptableLayer, rank: number, seed: number, index: number): Float32Array {
  const generator = seededGenerator(seed, index);
  const { inFeatures } = layer;
  const values = new Float32Array(rank * inFeatures);
  if (layer instanceof Embedding) {
    const normal = normals(generator);
    return values.map(() => normal());
  }
  const bound = 1 / Math.sqrt(inFeatures);
  return values.map(() => bound * (2 * generator.uniform() - 1));
}
