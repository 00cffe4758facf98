/** What the command line asks for, checked: the options of `ggm fit` as numbers and choices. */
import type { Penalty } from '@ggm-peft/linalg';
import { defaultGamma } from '../tuning/criteria.js';
import { isPenaltyName, makePenalty } from './penalties.js';
import type { Delimiter } from './table.js';
import { UserError } from './user-error.js';

export const criteria = ['ebic', 'bic', 'aic', 'cv', 'stars'] as const;
export const structures = ['entries', 'columns'] as const;
export const estimators = ['covariance', 'correlation', 'spearman', 'kendall'] as const;
export const missingRules = ['error', 'pairwise'] as const;
export const layouts = ['force', 'circle'] as const;

export type CriterionName = (typeof criteria)[number];
export type EstimatorName = (typeof estimators)[number];
/** None, by name, or an intensity in [0, 1]. */
export type Shrinkage = 'none' | 'ledoit-wolf' | 'schaefer-strimmer' | number;

/** Options as commander hands them over: texts, numbers and flags by camel-case name. */
export type RawOptions = Readonly<Record<string, unknown>>;

/** A checked request. */
export interface Settings {
  readonly penalty: Penalty;
  /** τ itself, or how to choose it. */
  readonly tau:
    | number
    | {
        readonly criterion: CriterionName;
        readonly gamma: number | null;
        /** Of ebic, bic and aic: whether graphs are refitted before they are judged. */
        readonly refit: boolean | null;
        readonly count: number;
        readonly ratio: number;
      };
  readonly structure: (typeof structures)[number];
  /** Names of the important nodes; empty for none. */
  readonly important: readonly string[];
  /** λ; Infinity for Ω = Δ. */
  readonly coupling: number;
  readonly estimator: EstimatorName;
  readonly shrinkage: Shrinkage;
  readonly missing: (typeof missingRules)[number];
  readonly exclude: readonly string[];
  readonly delimiter: Delimiter | null;
  readonly seed: number;
  readonly tolerance: number;
  readonly maxIterations: number;
  readonly layout: (typeof layouts)[number];
}

/** @throws UserError naming the option, what was expected and what came */
export function readSettings(raw: RawOptions): Settings {
  const important = names(raw, 'important');
  const structure = choice(raw, 'structure', structures, important.length > 0 ? 'columns' : 'entries');
  if (structure === 'entries' && important.length > 0) {
    throw new UserError('--important needs --structure columns: only column groups know important nodes');
  }
  const estimator = choice(raw, 'estimator', estimators, 'correlation');
  const shrinkage = readShrinkage(text(raw, 'shrinkage'), estimator);
  const missing = choice(raw, 'missing', missingRules, 'error');
  if (
    missing === 'pairwise' &&
    (estimator === 'spearman' || estimator === 'kendall' || shrinkage !== 'none')
  ) {
    throw new UserError(
      '--missing pairwise goes with --estimator covariance or correlation and no --shrinkage; it makes the matrix positive definite by itself',
    );
  }
  return {
    penalty: readPenalty(raw),
    tau: readTau(raw),
    structure,
    important,
    coupling: number(raw, 'coupling', { above: 0 }) ?? Infinity,
    estimator,
    shrinkage,
    missing,
    exclude: names(raw, 'exclude'),
    delimiter: readDelimiter(text(raw, 'delimiter')),
    seed: number(raw, 'seed', { whole: true }) ?? 0,
    tolerance: number(raw, 'tolerance', { above: 0 }) ?? 1e-5,
    maxIterations: number(raw, 'maxIterations', { whole: true, atLeast: 1 }) ?? 2000,
    layout: choice(raw, 'layout', layouts, 'force'),
  };
}

function readPenalty(raw: RawOptions): Penalty {
  const name = text(raw, 'penalty') ?? 'l1';
  if (!isPenaltyName(name)) throw new UserError(`--penalty: there is no penalty "${name}"`);
  const exponent = number(raw, 'p', {});
  if (exponent !== undefined && name !== 'lp') {
    throw new UserError(`--p is the exponent of --penalty lp; got it with ${name}`);
  }
  const shape = number(raw, 'shape', {});
  if (exponent !== undefined && shape !== undefined) {
    throw new UserError('--p and --shape are the same parameter of lp: give one of them');
  }
  try {
    return makePenalty(name, exponent ?? shape, number(raw, 'level', {}));
  } catch (error) {
    throw error instanceof RangeError ? new UserError(error.message) : error;
  }
}

function readTau(raw: RawOptions): Settings['tau'] {
  const tau = number(raw, 'tau', { atLeast: 0 });
  const chosen = text(raw, 'select');
  if (tau !== undefined && chosen !== undefined) {
    throw new UserError('--tau gives the penalty weight and --select chooses it: give one of them');
  }
  if (tau !== undefined) return tau;
  const criterion = choice(raw, 'select', criteria, 'ebic');
  const gamma = number(raw, 'gamma', { atLeast: 0, atMost: 1 });
  if (gamma !== undefined && criterion !== 'ebic') {
    throw new UserError(`--gamma belongs to --select ebic; got it with ${criterion}`);
  }
  const count = number(raw, 'taus', { whole: true, atLeast: 1 }) ?? 30;
  const ratio = number(raw, 'ratio', { above: 0, below: 1 }) ?? 0.01;
  const byInformation = criterion === 'ebic' || criterion === 'bic' || criterion === 'aic';
  if (raw['refit'] === false && !byInformation) {
    throw new UserError(`--no-refit belongs to --select ebic, bic or aic; got it with ${criterion}`);
  }
  return {
    criterion,
    gamma: criterion === 'ebic' ? (gamma ?? defaultGamma) : null,
    refit: byInformation ? raw['refit'] !== false : null,
    count,
    ratio,
  };
}

function readShrinkage(given: string | undefined, estimator: EstimatorName): Shrinkage {
  if (given === undefined || given === 'none') return 'none';
  const alpha = Number(given);
  const known = given === 'ledoit-wolf' || given === 'schaefer-strimmer';
  if (!known && !(given.trim() !== '' && alpha >= 0 && alpha <= 1)) {
    throw new UserError(
      `--shrinkage must be none, ledoit-wolf, schaefer-strimmer or an intensity in 0..1; got "${given}"`,
    );
  }
  const needed = given === 'ledoit-wolf' ? 'covariance' : 'correlation';
  if (estimator !== needed) {
    throw new UserError(`--shrinkage ${given} goes with --estimator ${needed}; got ${estimator}`);
  }
  return known ? given : alpha;
}

function readDelimiter(given: string | undefined): Delimiter | null {
  if (given === undefined) return null;
  const known: Readonly<Record<string, Delimiter>> = {
    ',': ',',
    comma: ',',
    ';': ';',
    semicolon: ';',
    '\t': '\t',
    '\\t': '\t',
    tab: '\t',
  };
  const delimiter = known[given];
  if (delimiter === undefined) {
    throw new UserError(`--delimiter must be comma, semicolon, tab or the character itself; got "${given}"`);
  }
  return delimiter;
}

function text(raw: RawOptions, key: string): string | undefined {
  const value = raw[key];
  return typeof value === 'string' ? value : undefined;
}

/** Names divided by commas. */
function names(raw: RawOptions, key: string): string[] {
  const given = text(raw, key);
  if (given === undefined) return [];
  const list = given.split(',').map((name) => name.trim());
  const empty = list.includes('');
  const twice = list.find((name, k) => list.indexOf(name) < k);
  if (empty || twice !== undefined) {
    const what = empty ? `"${given}"` : `"${twice ?? ''}" twice`;
    throw new UserError(`--${key} must list different column names with commas between; got ${what}`);
  }
  return list;
}

function choice<T extends string>(raw: RawOptions, key: string, allowed: readonly T[], usual: T): T {
  const given = text(raw, key);
  if (given === undefined) return usual;
  const found = allowed.find((each) => each === given);
  if (found === undefined) {
    throw new UserError(`--${key} must be one of ${allowed.join(', ')}; got "${given}"`);
  }
  return found;
}

interface Range {
  readonly whole?: boolean;
  readonly above?: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly below?: number;
}

function number(raw: RawOptions, key: string, range: Range): number | undefined {
  const given = text(raw, key);
  if (given === undefined) return undefined;
  const value = given.trim() === '' ? Number.NaN : Number(given);
  const {
    whole = false,
    above = -Infinity,
    atLeast = -Infinity,
    atMost = Infinity,
    below = Infinity,
  } = range;
  const fits =
    Number.isFinite(value) && value > above && value >= atLeast && value <= atMost && value < below;
  if (fits && (!whole || Number.isSafeInteger(value))) return value;
  const bounds = [
    ...(above > -Infinity ? [`above ${above}`] : []),
    ...(atLeast > -Infinity ? [`at least ${atLeast}`] : []),
    ...(atMost < Infinity ? [`at most ${atMost}`] : []),
    ...(below < Infinity ? [`below ${below}`] : []),
  ].join(' and ');
  const flag = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UserError(
    `--${flag} must be ${whole ? 'an integer' : 'a number'}${bounds === '' ? '' : ` ${bounds}`}; got "${given}"`,
  );
}
