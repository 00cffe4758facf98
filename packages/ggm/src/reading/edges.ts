/**
 * The edges of the graph: where Δ is not exactly 0. Their weights come from Ω, which is the symmetric positive definite
 * one of the two.
 *
 * Δ of an element-wise penalty is symmetric. With column groups and a finite coupling it is not: Δ_ij may be 0 because
 * node j's group left while Δ_ji lives in another group, or in none. The rule `and` (default) takes any exact zero for
 * an absent edge; `or` takes any non-zero for an edge, so that an entry that no penalty ever held makes one. (Named
 * after Meinshausen & Bühlmann 2006, who join two regressions a pair in these ways.)
 */
import { checkOptions, type Matrix } from '@ggm-peft/linalg';
import { checkNodes } from '../problem/check-nodes.js';
import { readPrecisionEstimate, type PrecisionLike } from './precision-estimate.js';
import { readNodeNames } from './node-names.js';
import { partialCorrelations } from './partial-correlations.js';

/** Whether Δ_ij and Δ_ji must both be non-zero for an edge, or one of them. */
export type EdgeRule = 'and' | 'or';

/** Which edges to read. */
export interface EdgeOptions {
  /** One name a node; default the indices as text. */
  readonly nodeNames?: readonly string[];
  /** Least |partial correlation| of an edge, in [0, 1]; default 0, all of Δ's support. */
  readonly threshold?: number;
  /** Default `and`. */
  readonly rule?: EdgeRule;
  /**
   * Only edges with an end among these nodes: the important ones of a fit that penalises their rows alone. Edges
   * between two other nodes are not penalised there and nearly all present. Default: all edges.
   */
  readonly touching?: readonly number[];
}

/** An edge between two nodes, i < j. */
export interface Edge {
  readonly i: number;
  readonly j: number;
  /** Names of i and j. */
  readonly from: string;
  readonly to: string;
  /** ω_ij. */
  readonly precision: number;
  /** −ω_ij / √(ω_ii ω_jj), in [−1, 1]. */
  readonly partialCorrelation: number;
}

/** The keys of {@link EdgeOptions}, for functions whose options extend them. */
export const EDGE_OPTION_KEYS: readonly string[] = ['nodeNames', 'threshold', 'rule', 'touching'];

/**
 * The edges, those of largest |partial correlation| first, ties by i, then j.
 *
 * @param estimate a fit, or a precision matrix.
 * @param options names, threshold, rule, touching; see {@link EdgeOptions}.
 * @throws RangeError on matrices that do not fit together or an option out of range, TypeError on an unknown option.
 */
export function edges(estimate: PrecisionLike, options: EdgeOptions = {}): Edge[] {
  checkOptions('edges', options, EDGE_OPTION_KEYS);
  return readEdges('edges', estimate, options);
}

/** {@link edges} for functions with more options than these, which they have checked. */
export function readEdges(caller: string, estimate: PrecisionLike, options: EdgeOptions): Edge[] {
  const { omega, delta } = readPrecisionEstimate(caller, estimate);
  const p = omega.rows;
  const { threshold = 0, rule = 'and', touching } = options;
  const names = readNodeNames(caller, options.nodeNames, p);
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new RangeError(`${caller}: threshold must be a number in 0..1; got ${threshold}`);
  }
  if (!['and', 'or'].includes(rule))
    throw new RangeError(`${caller}: rule must be "and" or "or"; got "${rule}"`);
  checkNodes(`${caller}: touching`, touching ?? [], p);
  const wanted = touching && new Set(touching);
  const correlations = partialCorrelations(omega);
  const found: Edge[] = [];
  for (let i = 0; i < p; i++) {
    for (let j = i + 1; j < p; j++) {
      const partialCorrelation = correlations.data[i * p + j] ?? 0;
      if (!connects(delta, i, j, rule) || Math.abs(partialCorrelation) < threshold) continue;
      if (wanted !== undefined && !wanted.has(i) && !wanted.has(j)) continue;
      const precision = omega.data[i * p + j] ?? 0;
      found.push({ i, j, from: names[i] ?? '', to: names[j] ?? '', precision, partialCorrelation });
    }
  }
  const size = ({ partialCorrelation }: Edge): number => Math.abs(partialCorrelation);
  return found.sort((a, b) => size(b) - size(a) || a.i - b.i || a.j - b.j);
}

function connects(delta: Matrix, i: number, j: number, rule: EdgeRule): boolean {
  const one = delta.data[i * delta.cols + j] !== 0;
  const other = delta.data[j * delta.cols + i] !== 0;
  return rule === 'and' ? one && other : one || other;
}
