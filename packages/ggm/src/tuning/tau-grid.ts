/** Which τ to try: those given, or a logarithmic grid down from τ_max. */
import type { StartingPoint } from '../solvers/solver.js';
import { withoutObserver, type GgmPathInput, type PathFitOptions } from './path-input.js';
import { tauMax } from './tau-max.js';

/** Options of a grid. */
export interface TauGridOptions {
  /** τ ≥ 0, in any order; default: a grid. */
  readonly taus?: readonly number[];
  /** Length of the grid, a positive integer; default 20. */
  readonly count?: number;
  /** The grid's least τ as a share of τ_max, in (0, 1); default 0.05. */
  readonly ratio?: number;
}

/** The keys of {@link TauGridOptions}. */
export const TAU_GRID_KEYS: readonly string[] = ['taus', 'count', 'ratio'];

/** What a path begins with. */
export interface TauGrid {
  /** Falling, distinct. */
  readonly taus: readonly number[];
  /** The null model, where it had to be fitted. */
  readonly start?: StartingPoint;
}

/**
 * The checked grid.
 *
 * @param caller begins the messages.
 * @param atLeast a lower bound for the first τ of a grid that is not given; asked for when it is needed.
 */
export function tauGrid(
  caller: string,
  input: GgmPathInput,
  options: TauGridOptions,
  fitOptions: PathFitOptions,
  atLeast: () => number = () => 0,
): TauGrid {
  const { count = 20, ratio = 0.05 } = options;
  if (options.taus !== undefined) {
    const other = options.count === undefined ? 'ratio' : 'count';
    if (options[other] !== undefined) {
      throw new RangeError(`${caller}: taus is a grid already; got ${other} with it`);
    }
    return { taus: given(caller, options.taus) };
  }
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`${caller}: count must be a positive integer; got ${count}`);
  }
  if (!(ratio > 0 && ratio < 1)) {
    throw new RangeError(`${caller}: ratio must lie between 0 and 1; got ${ratio}`);
  }
  const { tau: own, nullModel } = tauMax(input, withoutObserver(fitOptions));
  const tau = Math.max(own, atLeast());
  if (tau === Infinity) {
    throw new RangeError(
      `${caller}: the null model, from which a grid is made, has no fit; give taus. ${nullModel.message}`,
    );
  }
  const steps = Math.max(1, count - 1);
  return {
    // Nothing is pulled from zero: every τ gives the same answer.
    taus: tau === 0 ? [0] : Array.from({ length: count }, (_each, step) => tau * ratio ** (step / steps)),
    start: nullModel,
  };
}

function given(caller: string, taus: readonly number[]): number[] {
  if (taus.length === 0) throw new RangeError(`${caller}: taus must hold at least one value; got none`);
  for (const tau of taus) {
    if (!(tau >= 0 && tau < Infinity)) {
      throw new RangeError(`${caller}: taus must be finite and not negative; got ${tau}`);
    }
  }
  return [...new Set(taus)].sort((a, b) => b - a);
}
