/**
 * Sites: the layers that get components. They are found by their names among the encoder's layers: those that a pattern
 * takes, of the layers in a range, less those that an exclusion takes away. Whatever of that has no effect is an error: a
 * misspelt name would otherwise train something else than was asked for, in silence.
 */
import { nearestNames } from '@ggm-peft/linalg';

import type { AdaptableLayer } from './adaptable-layer.js';
import type { AdaptableModel } from './model.js';
import { matcherOf, requirePatterns } from './name-pattern.js';
import type { NamePattern } from './name-pattern.js';

/**
 * Transformer layers by their number: the first part of a name that is a number, as in `encoder.layer.3.attention`. Layers
 * without one, such as embeddings, are in no range.
 */
export interface LayerRange {
  /** The first, from 0; default 0. */
  readonly from?: number;
  /** The last, itself included; default: the model's last. */
  readonly to?: number;
}

/** Another rank for some of the sites. */
export interface RankRule {
  readonly pattern: NamePattern;
  readonly rank: number;
}

/** Options of every method that has sites. */
export interface SiteOptions {
  /**
   * Which layers, linear or embedding, are sites; default the model's own `defaultSites`, or those named query, key and value,
   * as in the paper's runs.
   */
  readonly sites?: readonly NamePattern[];
  /** Which of them are not; default none. */
  readonly excludeSites?: readonly NamePattern[];
  /** The transformer layers that sites may be in; default all, embeddings too. */
  readonly layers?: LayerRange;
  /** Other ranks for some sites; of several rules that match a site the last holds. Default none. */
  readonly ranks?: readonly RankRule[];
}

/** Names of {@link SiteOptions}, for the check of options. */
export const siteOptionNames = [
  'sites',
  'excludeSites',
  'layers',
  'ranks',
] as const satisfies readonly (keyof SiteOptions)[];

/** A site and the number of its components. */
export interface RankedSite {
  readonly layer: AdaptableLayer;
  readonly rank: number;
}

/** For a model that names no default of its own. */
export const defaultSitePatterns: readonly NamePattern[] = ['query', 'key', 'value'];

/**
 * The encoder's layers that are sites, in the model's order.
 * @param caller begins the message of an error; default findSites
 * @throws when a pattern or an exclusion matches nothing, the range is none, or no site is left
 */
export function findSites(
  model: AdaptableModel,
  options: SiteOptions = {},
  caller = 'findSites',
): AdaptableLayer[] {
  const { sites = model.defaultSites ?? defaultSitePatterns, excludeSites = [], layers } = options;
  const encoder = model.layers.filter(({ weight }) => weight.role === 'encoder');
  const inRange = layers === undefined ? encoder : takeRange(caller, encoder, layers);
  const included = takeMatching(`${caller}: sites`, inRange, sites);
  const excluded = new Set(takeMatching(`${caller}: excludeSites`, included, excludeSites));
  const found = included.filter((layer) => !excluded.has(layer));
  if (found.length === 0) {
    throw new Error(`${caller}: sites and excludeSites must leave at least one layer; they leave none`);
  }
  return found;
}

/**
 * The sites with their ranks.
 * @param rank r of the sites that no rule names
 * @param rankName the option's name, for the error messages
 * @throws when `findSites` does, a rule matches no site, or a rank does not fit its site
 */
export function rankSites(
  caller: string,
  model: AdaptableModel,
  options: SiteOptions,
  rank: number,
  rankName = 'rank',
): RankedSite[] {
  const found = findSites(model, options, caller);
  const rules = (options.ranks ?? []).map((rule) => ({
    sites: new Set(takeMatching(`${caller}: ranks`, found, [rule.pattern])),
    rank: rule.rank,
  }));
  return found.map((layer) => {
    const rule = rules.findLast(({ sites }) => sites.has(layer));
    const own = rule?.rank ?? rank;
    const most = Math.min(layer.outFeatures, layer.inFeatures);
    if (!Number.isSafeInteger(own) || own < 1 || own > most) {
      throw new Error(
        `${caller}: ${rule === undefined ? rankName : 'ranks'} must be an integer in 1..${most}, ` +
          `the smaller side of ${layer.name} [${layer.outFeatures}, ${layer.inFeatures}]; got ${own}`,
      );
    }
    return { layer, rank: own };
  });
}

/** How many near names an error lists. */
const mostNearNames = 6;

/** The layers that one of the patterns matches. */
function takeMatching(
  what: string,
  layers: readonly AdaptableLayer[],
  patterns: readonly NamePattern[],
): AdaptableLayer[] {
  requirePatterns(what, patterns);
  const taken = new Set<AdaptableLayer>();
  for (const pattern of patterns) {
    const matches = matcherOf(pattern);
    const matching = layers.filter(({ name }) => matches(name));
    if (matching.length === 0) {
      const near = nearestEndings(pattern, layers).join(', ');
      throw new Error(
        `${what}: pattern ${String(pattern)} matches none of the ${layers.length} layers that it may choose from; ` +
          `near names: ${near}`,
      );
    }
    for (const layer of matching) taken.add(layer);
  }
  return layers.filter((layer) => taken.has(layer));
}

/** Ends of the layers' names that a pattern may have meant: as many parts as it has itself. */
function nearestEndings(pattern: NamePattern, layers: readonly AdaptableLayer[]): string[] {
  const text = typeof pattern === 'string' ? pattern : pattern.source;
  const parts = typeof pattern === 'string' ? text.split('.').length : 1;
  const endings = layers.map(({ name }) => name.split('.').slice(-parts).join('.'));
  return nearestNames(text, [...new Set(endings)], mostNearNames);
}

function takeRange(
  caller: string,
  layers: readonly AdaptableLayer[],
  { from = 0, to = Infinity }: LayerRange,
): AdaptableLayer[] {
  const numbers = layers.map(({ name }) => layerNumber(name));
  const last = numbers.reduce<number>((most, number) => Math.max(most, number ?? -1), -1);
  if (last < 0) throw new Error(`${caller}: layers needs names with layer numbers; the encoder's have none`);
  const fits = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= last;
  if (!fits(from) || !(to === Infinity || fits(to)) || from > to) {
    throw new Error(
      `${caller}: layers must be a range within 0..${last}; got ${from}..${to === Infinity ? last : to}`,
    );
  }
  return layers.filter((_, i) => {
    const number = numbers[i];
    return number !== null && number !== undefined && number >= from && number <= to;
  });
}

/** The first part of a name that is a number; null without one. */
function layerNumber(name: string): number | null {
  const part = name.split('.').find((text) => /^\d+$/.test(text));
  return part === undefined ? null : Number(part);
}
