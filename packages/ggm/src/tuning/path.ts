/**
 * A path: fits for a falling sequence of τ, each started from the one before. Neighbouring fits are close, so most of them
 * end after a few iterations. With a convex g the answers are those of cold starts. Otherwise the path fixes which of the
 * stationary points is found: the one that grows out of sparser graphs.
 *
 * Where g is infinitely steep at zero (ℓ0, ℓp) every zero of the fit before is stationary at every τ, and a path would
 * lag behind: such a fit starts from the usual place as well, and the lower objective counts.
 */
import { checkOptions } from '@ggm-peft/linalg';
import { fitGgm } from '../fit-ggm.js';
import type { GgmFit } from '../solvers/solve.js';
import type { StartingPoint } from '../solvers/solver.js';
import type { GgmProblemInput } from '../problem/problem.js';
import { fitOptionsOf, PATH_FIT_KEYS, type GgmPathInput, type PathFitOptions } from './path-input.js';
import { countEdges } from './support.js';
import { tauGrid, TAU_GRID_KEYS, type TauGridOptions } from './tau-grid.js';

/** One fit of a path. */
export interface PathPoint {
  readonly tau: number;
  readonly fit: GgmFit;
  /** |E|, which is also the degrees of freedom that the criteria count; see support.ts for what an edge is. */
  readonly edges: number;
}

/** How far a task of several fits is. */
export interface FitProgress {
  /** Fits done, this one included. */
  readonly done: number;
  /** Fits to do in all. */
  readonly total: number;
}

/** Options of {@link fitPath}: the grid of τ, the rules of every fit, and an observer. */
export interface PathOptions extends TauGridOptions, PathFitOptions {
  /** Called after every fit. */
  readonly onFit?: (point: PathPoint, progress: FitProgress) => void;
}

/** The keys of {@link PathOptions}. */
export const PATH_KEYS: readonly string[] = [...TAU_GRID_KEYS, ...PATH_FIT_KEYS, 'onFit'];

/**
 * Fits a path, the largest τ first.
 *
 * @param input the problem but for τ.
 * @param options `taus`, or `count` (default 20) and `ratio` (default 0.05) of a logarithmic grid down from `tauMax`; the
 *   options of `fitGgm` but for `start`; `onFit`.
 * @returns a point a τ; fewer where `signal` was raised, and then the last fit may be `aborted`. A fit that did not
 *   converge says so in its `status` and does not end the path.
 * @throws RangeError on a bad problem or option, TypeError on an unknown option.
 */
export function fitPath(input: GgmPathInput, options: PathOptions = {}): PathPoint[] {
  checkOptions('fitPath', options, PATH_KEYS);
  const fitOptions = fitOptionsOf(options);
  const { taus, start } = tauGrid('fitPath', input, options, fitOptions);
  const points: PathPoint[] = [];
  for (const point of walkPath(input, taus, fitOptions, start)) {
    points.push(point);
    options.onFit?.(point, { done: points.length, total: taus.length });
  }
  return points;
}

/** The fit from an earlier one, or from the usual place where that is worth trying and better. */
function nextFit(input: GgmProblemInput, options: PathFitOptions, earlier: StartingPoint): GgmFit {
  const warm = fitGgm(input, { ...options, start: earlier });
  if (input.penalty.slopeAtZero < Infinity || warm.status === 'aborted') return warm;
  const cold = fitGgm(input, options);
  return cold.status !== 'aborted' && cold.objective < warm.objective ? cold : warm;
}

/** The fits for `taus` in their order, one at a time, so that a caller need not keep them all; at least one. */
export function* walkPath(
  input: GgmPathInput,
  taus: readonly number[],
  options: PathFitOptions,
  first?: StartingPoint,
): Generator<PathPoint> {
  let earlier: StartingPoint | undefined;
  for (const [place, tau] of taus.entries()) {
    if (place > 0 && options.signal?.aborted === true) return;
    const problem = { ...input, tau };
    const fit =
      earlier === undefined
        ? fitGgm(problem, first === undefined ? options : { ...options, start: first })
        : nextFit(problem, options, earlier);
    yield { tau, fit, edges: countEdges(fit.delta) };
    if (fit.status === 'aborted') return;
    earlier = fit.status === 'not-finite' ? undefined : fit;
  }
}
