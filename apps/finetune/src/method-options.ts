/** The options of a run's method, out of its settings. */
import type { MethodName, MethodOptions, SiteOptions } from '@ggm-peft/adapters';

import { readLayers, readRankRules } from './method-settings.js';
import type { Settings } from './settings.js';

/** @param onSite called after each site's decomposition, for progress */
export function methodOptions(
  settings: Settings,
  onSite?: (done: number, total: number) => void,
): MethodOptions[MethodName] {
  const { method, seed, rank, initialRank, alpha, loraDropout: dropout } = settings;
  const sites = siteOptions(settings);
  const encoderBiases = { encoderBiases: settings.biases === true };
  const progress = onSite === undefined ? {} : { onSite };
  switch (method) {
    case 'apca': {
      const { selection, targetNodes, importantNodes } = settings;
      const budget = given({ rank, selection, targetNodes, importantNodes });
      return {
        ...sites,
        ...encoderBiases,
        ...budget,
        ...(selection === 'random' ? { seed } : {}),
        ...progress,
      };
    }
    case 'pissa':
      return { ...sites, ...encoderBiases, ...given({ rank }), ...progress };
    case 'lora':
      return {
        ...sites,
        ...encoderBiases,
        ...given({ rank, alpha, dropout, rankStabilised: settings.rslora }),
        seed,
      };
    case 'adalora':
      return {
        ...sites,
        ...encoderBiases,
        ...given({ targetRank: rank, initialRank, alpha, dropout }),
        seed,
      };
    case 'bitfit':
    case 'full':
    case 'head':
      return {};
  }
}

function siteOptions({ sites, excludeSites, layers, ranks }: Settings): SiteOptions {
  return {
    ...given({ sites, excludeSites }),
    ...(layers === null ? {} : { layers: readLayers(layers) }),
    ranks: readRankRules(ranks ?? []),
  };
}

/** The settings that are not null. */
function given<T extends object>(settings: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
