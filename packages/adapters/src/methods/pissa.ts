/**
 * Principal singular values and vectors adaptation (PiSSA; Meng et al. 2024, arXiv 2404.02948): every site's W becomes
 * W_res + A B with A = U_r, B = Σ_r V_rᵀ, as for apca, and all of A and B train to the end: apca without a selection. (The
 * paper parts Σ evenly, A = U_r √Σ_r and B = √Σ_r V_rᵀ: the same products, but other gradients.)
 */
import { rankSites, siteOptionNames } from '../site.js';
import type { SiteOptions } from '../site.js';
import type { AdaptableModel } from '../model.js';
import { requireBare } from './bare.js';
import { attachComponents, componentDeltas } from './component-site.js';
import type { MethodDefinition } from './definition.js';
import { fixedMethod } from './fixed-method.js';
import type { AttachedMethod } from './method.js';
import { foldPairs } from './pair-site.js';
import { ProgressReader } from './progress-reader.js';
import { componentLayout, componentTensors, initialHash, restoreComponents } from './stored-components.js';
import { readParameters } from './stored-state.js';
import { encoderBiases, listTrainables } from './trainables.js';

export interface PissaOptions extends SiteOptions {
  /** r, components per site; default 10, as for apca. */
  readonly rank?: number;
  /** Whether the biases of the encoder's layers train too; default false. */
  readonly encoderBiases?: boolean;
  /** Called after each site's decomposition, for progress. */
  readonly onSite?: (done: number, total: number, site: string) => void;
}

export const pissa: MethodDefinition<PissaOptions> = {
  name: 'pissa',
  optionNames: [...siteOptionNames, 'rank', 'encoderBiases', 'onSite'],
  attach,
  checkPlan: () => undefined,
  restore: restoreComponents,
};

async function attach(model: AdaptableModel, options: PissaOptions): Promise<AttachedMethod> {
  requireBare('pissa', model);
  const sites = await attachComponents(
    rankSites('pissa', model, options, options.rank ?? 10),
    options.onSite,
  );
  const layers = sites.map(({ layer }) => layer);
  const biases = options.encoderBiases === true ? encoderBiases(model) : [];
  const biasNames = new Set(biases.map(({ name }) => name));
  const trainables = listTrainables(
    model,
    layers,
    ({ name, role }) => role === 'head' || biasNames.has(name),
  );
  return fixedMethod({
    name: 'pissa',
    trainables: () => trainables,
    state: async () => ({
      method: 'pissa',
      tensors: new Map([...(await componentTensors(sites)), ...(await readParameters(biases))]),
      layout: { ...componentLayout(sites), biases: [...biasNames] },
    }),
    progress: () => Promise.resolve({ tensors: new Map(), data: { components: initialHash(sites) } }),
    resume: async (progress) => {
      new ProgressReader('pissa', progress).same('components', initialHash(sites));
      return Promise.resolve();
    },
    deltas: () => componentDeltas(sites),
    dispose: () => {
      foldPairs(layers);
    },
  });
}
