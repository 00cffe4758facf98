/**
 * The settings of a run that belong to its method. What a method has no use for is null, and an error where it is given: it
 * would change nothing, in silence.
 */
import { selectionNames } from '@ggm-peft/adapters';
import type { LayerRange, MethodName, RankRule, SelectionName } from '@ggm-peft/adapters';

import { choice, flag, isOn, list, real, text, whole } from './raw-options.js';
import type { RawOptions } from './raw-options.js';
import { UserError } from './user-error.js';

export interface MethodSettings {
  /** r; for adalora the rank in the end, on average. */
  readonly rank: number | null;
  /** Other ranks for some sites, as `pattern=rank`; the last that matches a site holds. */
  readonly ranks: readonly string[] | null;
  /** Patterns of the names of the layers that are sites; null for the model's own: its queries, keys and values. */
  readonly sites: readonly string[] | null;
  /** Patterns of the names of those that are none. */
  readonly excludeSites: readonly string[] | null;
  /** Transformer layers that sites may be in, as `from-to`. */
  readonly layers: string | null;
  /** Whether the encoder's biases train (for apca: are nodes). */
  readonly biases: boolean | null;
  /** What apca selects its nodes by. */
  readonly selection: SelectionName | null;
  readonly targetNodes: number | null;
  readonly importantNodes: number | null;
  /** r₀ of adalora. */
  readonly initialRank: number | null;
  /** α of lora and adalora. */
  readonly alpha: number | null;
  readonly loraDropout: number | null;
  readonly rslora: boolean | null;
}

const withSites: readonly MethodName[] = ['apca', 'pissa', 'lora', 'adalora'];
const withProduct: readonly MethodName[] = ['lora', 'adalora'];

/** The methods that have a use for a setting. */
const usedBy: Readonly<Record<keyof MethodSettings, readonly MethodName[]>> = {
  rank: withSites,
  ranks: withSites,
  sites: withSites,
  excludeSites: withSites,
  layers: withSites,
  biases: withSites,
  selection: ['apca'],
  targetNodes: ['apca'],
  importantNodes: ['apca'],
  initialRank: ['adalora'],
  alpha: withProduct,
  loraDropout: withProduct,
  rslora: ['lora'],
};

/** Ranks as the methods' authors chose them for models like RoBERTa-base. */
const defaultRank = { apca: 10, pissa: 10, lora: 8, adalora: 8 } as const;

/** @throws UserError when a setting is out of range, or given to a method that has no use for it */
export function readMethodSettings(raw: RawOptions, method: MethodName): MethodSettings {
  for (const [name, methods] of Object.entries(usedBy)) {
    if (raw[name] !== undefined && !methods.includes(method)) {
      throw new UserError(`${flag(name)} is for ${methods.join(', ')}; --method ${method} has no use for it`);
    }
  }
  const used = <T>(name: keyof MethodSettings, read: () => T): T | null =>
    usedBy[name].includes(method) ? read() : null;
  const rank = method === 'bitfit' || method === 'full' || method === 'head' ? 0 : defaultRank[method];
  const selection = used('selection', () => choice(raw, 'selection', selectionNames, 'ggm'));
  const targetNodes = used('targetNodes', () => whole(raw, 'targetNodes', 60, 1));
  return {
    rank: used('rank', () => whole(raw, 'rank', rank, 1)),
    ranks: used('ranks', () => list(raw, 'ranks', [])),
    sites: raw['sites'] === undefined ? null : list(raw, 'sites', []),
    excludeSites: used('excludeSites', () => list(raw, 'excludeSites', [])),
    layers: text(raw, 'layers'),
    biases: used('biases', () => isOn(raw, 'biases', method === 'apca')),
    selection,
    targetNodes,
    importantNodes: readImportantNodes(raw, selection, targetNodes),
    initialRank: used('initialRank', () => whole(raw, 'initialRank', 12, 1)),
    alpha: used('alpha', () => real(raw, 'alpha', 8, 0)),
    loraDropout: used('loraDropout', () => real(raw, 'loraDropout', 0, 0)),
    rslora: used('rslora', () => isOn(raw, 'rslora')),
  };
}

function readImportantNodes(
  raw: RawOptions,
  selection: SelectionName | null,
  targetNodes: number | null,
): number | null {
  if (targetNodes === null) return null;
  if (selection !== 'ggm') {
    if (raw['importantNodes'] === undefined) return null;
    throw new UserError(`--important-nodes is for --selection ggm; ${selection} has no important nodes`);
  }
  const importantNodes = whole(raw, 'importantNodes', Math.min(30, targetNodes), 0);
  if (importantNodes > targetNodes) {
    throw new UserError(
      `--important-nodes must not exceed --target-nodes (${targetNodes}): important nodes are always selected; got ${importantNodes}`,
    );
  }
  return importantNodes;
}

/** `6-11` or `6` or `6-` or `-5`. */
export function readLayers(layers: string): LayerRange {
  const [, from, dash, to] = /^(\d*)(-?)(\d*)$/.exec(layers) ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) {
    throw new UserError(`--layers must be a range such as 6-11, 6- or -5, or one number; got ${layers}`);
  }
  if (dash === '') return { from: Number(from), to: Number(from) };
  return { ...(from === '' ? {} : { from: Number(from) }), ...(to === '' ? {} : { to: Number(to) }) };
}

/** `value=4` */
export function readRankRules(ranks: readonly string[]): RankRule[] {
  return ranks.map((rule) => {
    const [, pattern, rank] = /^(.+)=(\d+)$/.exec(rule) ?? [];
    if (pattern === undefined || rank === undefined) {
      throw new UserError(
        `--ranks must be pattern=rank pairs such as value=4, separated by commas; got ${rule}`,
      );
    }
    return { pattern, rank: Number(rank) };
  });
}
