/**
 * Sites: the linear layers that get components, found by the last part of their name
 * (query, key and value by default, as in the paper's runs).
 */
import type { Linear } from './linear.js';
import type { AdaptableModel } from './model.js';

/** A name's last part (`query`), a dotted suffix (`attention.output.dense`), or a regular expression on the whole name. */
export type SitePattern = string | RegExp;

export const defaultSitePatterns: readonly SitePattern[] = ['query', 'key', 'value'];

function matches(name: string, pattern: SitePattern): boolean {
  if (typeof pattern === 'string') return name === pattern || name.endsWith(`.${pattern}`);
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(name);
}

/**
 * The encoder's linear layers whose name matches one of the patterns, in the model's order.
 * @throws when a pattern matches no layer: a typo would otherwise train less than was asked for, in silence
 */
export function findSites(
  model: AdaptableModel,
  patterns: readonly SitePattern[] = defaultSitePatterns,
): Linear[] {
  const candidates = model.linears.filter((linear) => linear.weight.role === 'encoder');
  for (const pattern of patterns) {
    if (!candidates.some((linear) => matches(linear.name, pattern))) {
      const endings = [...new Set(candidates.map((linear) => linear.name.replace(/^.*\.\d+\./, '')))];
      throw new Error(
        `findSites: pattern ${String(pattern)} matches none of the encoder's linear layers; ` +
          `their names end in ${endings.join(', ')}`,
      );
    }
  }
  return candidates.filter((linear) => patterns.some((pattern) => matches(linear.name, pattern)));
}
