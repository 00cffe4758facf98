/**
 * Sites: the layers that get components, found by the last part of their name
 * (query, key and value by default, as in the paper's runs).
 */
import type { AdaptableLayer } from './adaptable-layer.js';
import type { AdaptableModel } from './model.js';

/** A name's last part (`query`), a dotted suffix (`attention.output.dense`), or a regular expression on the whole name. */
export type SitePattern = string | RegExp;

export const defaultSitePatterns: readonly SitePattern[] = ['query', 'key', 'value'];

function matches(name: string, pattern: SitePattern): boolean {
  if (typeof pattern === 'string') return name === pattern || name.endsWith(`.${pattern}`);
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(name);
}

/**
 * The encoder's layers whose name matches one of the patterns, in the model's order.
 * @throws when a pattern matches no layer: a typo would otherwise train less than was asked for, in silence
 */
export function findSites(
  model: AdaptableModel,
  patterns: readonly SitePattern[] = defaultSitePatterns,
): AdaptableLayer[] {
  const candidates = model.layers.filter((layer) => layer.weight.role === 'encoder');
  for (const pattern of patterns) {
    if (!candidates.some((layer) => matches(layer.name, pattern))) {
      const endings = [...new Set(candidates.map((layer) => layer.name.replace(/^.*\.\d+\./, '')))];
      throw new Error(
        `findSites: pattern ${String(pattern)} matches none of the encoder's layers; ` +
          `their names end in ${endings.join(', ')}`,
      );
    }
  }
  return candidates.filter((layer) => patterns.some((pattern) => matches(layer.name, pattern)));
}
