/** What the functions of this folder take: a problem but for τ, and the rules of every fit. */
import type { FitOptions } from '../fit-ggm.js';
import type { GgmProblemInput } from '../problem/problem.js';

/** A problem but for τ. */
export type GgmPathInput = Omit<GgmProblemInput, 'tau'>;

/** The options of every fit; where a fit starts is decided here. */
export type PathFitOptions = Omit<FitOptions, 'start'>;

/** The keys of {@link PathFitOptions}. */
export const PATH_FIT_KEYS: readonly string[] = [
  'solver',
  'tolerance',
  'maxIterations',
  'signal',
  'onIteration',
  'decompose',
];

/** Those among `options` that every fit is given. */
export function fitOptionsOf(options: PathFitOptions): PathFitOptions {
  const { onIteration } = options;
  return { ...withoutObserver(options), ...(onIteration === undefined ? {} : { onIteration }) };
}

/** The same, for fits on the way to those that were asked for. */
export function withoutObserver(options: PathFitOptions): PathFitOptions {
  const { solver, tolerance, maxIterations, signal, decompose } = options;
  return {
    ...(solver === undefined ? {} : { solver }),
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(maxIterations === undefined ? {} : { maxIterations }),
    ...(signal === undefined ? {} : { signal }),
    ...(decompose === undefined ? {} : { decompose }),
  };
}
