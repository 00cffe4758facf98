/**
 * From raw scores to the nodes that stay trainable, in one call: transform, important nodes, fit, selection.
 *
 * `exact` (default) minimises F on the shrunk correlation matrix of the log scores. `reference` repeats the published
 * code's arithmetic (see reference/reference-bcd.ts) and exists for comparison.
 */
import { checkOptions, lpPenalty, type Matrix, type Penalty } from '@ggm-peft/linalg';
import { fitGgm } from '../fit-ggm.js';
import { columnGroups } from '../problem/groups.js';
import { referenceBcd, type ReferenceFit } from '../reference/reference-bcd.js';
import { transformScores, type ScoreTransform } from '../samples/transform-scores.js';
import type { AbortFlag, GgmFit, HistoryEntry } from '../solvers/solve.js';
import type { StartingPoint } from '../solvers/solver.js';
import { importantNodes as findImportantNodes } from './important-nodes.js';
import { fitNullModel, tauAtQuantile } from './null-model.js';
import { selectNodes, type NodeSelection, type RankBy } from './select-nodes.js';

/** What both modes need. */
interface CommonOptions {
  /** K: nodes to select in all, important ones included; 1..p. */
  readonly targetNodes: number;
  /** |I|, 0..K; default 30, or half of K (rounded down) where that is less. */
  readonly importantNodes?: number;
  /** What ranks the nodes outside I; default `omega`, as published. */
  readonly rankBy?: RankBy;
}

/** Exact mode. */
export interface ExactAllocationOptions extends CommonOptions {
  readonly mode?: 'exact';
  /** Default `correlation`; with `authors` give coupling and tau to match S's scale, and have n > p. */
  readonly transform?: ScoreTransform;
  /** α in [0, 1] of the shrinkage; default: estimated. */
  readonly shrinkage?: number;
  /** g; default t^0.9. */
  readonly penalty?: Penalty;
  /** λ > 0; default 0.05, for correlation matrices. The iterations needed grow in proportion. */
  readonly coupling?: number;
  /** τ ≥ 0; default: that at which half of the groups are asked to leave (see null-model.ts). */
  readonly tau?: number;
  /** Scaled stationarity residual to stop at; default 1e-4. */
  readonly tolerance?: number;
  /** Default 2000. */
  readonly maxIterations?: number;
  readonly signal?: AbortFlag;
  readonly onIteration?: (entry: HistoryEntry) => void;
}

/** Reference mode; transform and stopping rules are the published ones. */
export interface ReferenceAllocationOptions extends CommonOptions {
  readonly mode: 'reference';
  /** λ; default 1000. */
  readonly coupling?: number;
  /** τ; default 20. */
  readonly tau?: number;
  /** Exponent of the ℓp penalty; default 0.9. */
  readonly p?: number;
}

/** Options of {@link allocateNodes}. */
export type AllocationOptions = ExactAllocationOptions | ReferenceAllocationOptions;

/** What both modes return. */
export interface CommonAllocation extends NodeSelection {
  /** I, largest mean first. */
  readonly important: number[];
  /** S [p, p]. */
  readonly covariance: Matrix;
  /** α of the shrinkage; 0 where there was none. */
  readonly shrinkage: number;
  /** λ and τ that were used. */
  readonly coupling: number;
  readonly tau: number;
}

/** The allocation, with the fit that it rests on. */
export type Allocation =
  | (CommonAllocation & { readonly mode: 'exact'; readonly fit: GgmFit })
  | (CommonAllocation & { readonly mode: 'reference'; readonly fit: ReferenceFit });

const COMMON_KEYS = ['mode', 'targetNodes', 'importantNodes', 'rankBy', 'coupling', 'tau'];
const REFERENCE_KEYS = [...COMMON_KEYS, 'p'];
const EXACT_KEYS = [
  ...COMMON_KEYS,
  'transform',
  'shrinkage',
  'penalty',
  'tolerance',
  'maxIterations',
  'signal',
  'onIteration',
];

/** Quantile of the null model's group lengths that the default τ makes vanish. */
const DEFAULT_QUANTILE = 0.5;

/**
 * Selects the nodes that stay trainable.
 *
 * @param scores [n, p], not negative: one row a training step, one column a node; n ≥ 2.
 * @param options `targetNodes` is required; see {@link ExactAllocationOptions}, {@link ReferenceAllocationOptions}.
 * @throws RangeError on bad scores or options, TypeError on an unknown option. A fit that did not converge is reported
 *   in `fit.status` and `fit.message`; its selection is returned all the same.
 */
export function allocateNodes(scores: Matrix, options: AllocationOptions): Allocation {
  checkOptions('allocateNodes', options, options.mode === 'reference' ? REFERENCE_KEYS : EXACT_KEYS);
  const { targetNodes, importantNodes: count = defaultImportantNodes(targetNodes) } = options;
  if (!Number.isInteger(targetNodes) || targetNodes < 1 || targetNodes > scores.cols) {
    throw new RangeError(
      `allocateNodes: targetNodes must be an integer in 1..${scores.cols}; got ${targetNodes}`,
    );
  }
  if (!Number.isInteger(count) || count < 0 || count > targetNodes) {
    throw new RangeError(
      `allocateNodes: importantNodes must be an integer in 0..targetNodes = ${targetNodes}; got ${count}`,
    );
  }
  return options.mode === 'reference'
    ? allocateByReference(scores, options, count)
    : allocateExactly(scores, options, count);
}

function allocateExactly(scores: Matrix, options: ExactAllocationOptions, count: number): Allocation {
  const {
    targetNodes,
    rankBy = 'omega',
    penalty = lpPenalty(),
    coupling = 0.05,
    transform = 'correlation',
  } = options;
  const { signal, onIteration } = options;
  const { samples, covariance, shrinkage } = transformScores(scores, {
    transform,
    ...(options.shrinkage === undefined ? {} : { shrinkage: options.shrinkage }),
  });
  const important = findImportantNodes(samples, count);
  const stopping = {
    tolerance: options.tolerance ?? 1e-4,
    maxIterations: options.maxIterations ?? 2000,
    ...(signal === undefined ? {} : { signal }),
    ...(onIteration === undefined ? {} : { onIteration }),
  };
  const problem = { covariance, importantNodes: important, coupling, penalty };
  let tau = options.tau;
  let start: StartingPoint | undefined;
  if (tau === undefined) {
    // The null model is worth its cost only for the default τ; it is then a start as well.
    start = fitNullModel(covariance, important, coupling, signal);
    const groups = columnGroups(covariance.rows, important);
    tau = tauAtQuantile({ groups, coupling, penalty }, start.omega, DEFAULT_QUANTILE);
  }
  const fit = fitGgm({ ...problem, tau }, start === undefined ? stopping : { ...stopping, start });
  const { omega, delta } = fit;
  const selection = selectNodes({ omega, delta, importantNodes: important, targetNodes, rankBy });
  return { mode: 'exact', ...selection, important, covariance, shrinkage, coupling, tau, fit };
}

function allocateByReference(scores: Matrix, options: ReferenceAllocationOptions, count: number): Allocation {
  const { targetNodes, rankBy = 'omega', coupling = 1000, tau = 20, p = 0.9 } = options;
  const { samples, covariance } = transformScores(scores, { transform: 'authors' });
  const important = findImportantNodes(samples, count);
  const fit = referenceBcd({ covariance, importantNodes: important, coupling, tau, p });
  const { omega, delta } = fit;
  // The published code sorts all nodes by strength, the important ones being infinitely strong, and reverses the
  // order: ties, which the important ones are, come out with the largest index first.
  const listed = [...important].sort((a, b) => b - a);
  const selection = selectNodes({ omega, delta, importantNodes: listed, targetNodes, rankBy });
  return { mode: 'reference', ...selection, important, covariance, shrinkage: 0, coupling, tau, fit };
}

function defaultImportantNodes(targetNodes: number): number {
  return Math.min(30, Math.floor(targetNodes / 2));
}
