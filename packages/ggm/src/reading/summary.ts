/** A fit at a glance: sizes, signs, components, the strongest edges. Plain data that JSON can hold. */
import { checkOptions } from '@ggm-peft/linalg';
import { componentsOf } from './connected-components.js';
import { EDGE_OPTION_KEYS, readEdges, type Edge, type EdgeOptions } from './edges.js';
import type { PrecisionLike } from './precision-estimate.js';
import { nodeCountOf } from './node-strengths.js';

/** Options of {@link summary}. */
export interface SummaryOptions extends EdgeOptions {
  /** How many of the strongest edges to list; default 10. */
  readonly strongest?: number;
}

/** What {@link summary} returns. */
export interface GraphSummary {
  /** p. */
  readonly nodes: number;
  readonly edges: number;
  /** Edges over the pairs of nodes that could be one; 0 when there is no such pair. */
  readonly density: number;
  /** Edges of positive and of negative partial correlation. */
  readonly positiveEdges: number;
  readonly negativeEdges: number;
  /** Sizes of the connected components, largest first; isolated nodes are components of size 1. */
  readonly componentSizes: readonly number[];
  /** Nodes without an edge, in rising order. */
  readonly isolatedNodes: readonly number[];
  /** The edges of largest |partial correlation|. */
  readonly strongestEdges: readonly Edge[];
}

/**
 * Summarises the graph of a fit.
 *
 * @param estimate a fit, or a precision matrix.
 * @param options `strongest`, and those of `edges`.
 * @throws RangeError on bad matrices or an option out of range, TypeError on an unknown option.
 */
export function summary(estimate: PrecisionLike, options: SummaryOptions = {}): GraphSummary {
  checkOptions('summary', options, [...EDGE_OPTION_KEYS, 'strongest']);
  const { strongest = 10, ...edgeOptions } = options;
  if (!Number.isInteger(strongest) || strongest < 0) {
    throw new RangeError(`summary: strongest must be a non-negative integer; got ${strongest}`);
  }
  const found = readEdges('summary', estimate, edgeOptions);
  const nodes = nodeCountOf(estimate);
  const components = componentsOf(found, nodes);
  const pairs = possibleEdges(nodes, edgeOptions.touching?.length ?? nodes);
  return {
    nodes,
    edges: found.length,
    density: pairs === 0 ? 0 : found.length / pairs,
    positiveEdges: found.filter(({ partialCorrelation }) => partialCorrelation > 0).length,
    negativeEdges: found.filter(({ partialCorrelation }) => partialCorrelation < 0).length,
    componentSizes: components.map((component) => component.length),
    isolatedNodes: components.flatMap((component) => (component.length === 1 ? component : [])),
    strongestEdges: found.slice(0, strongest),
  };
}

/** Pairs of `nodes` nodes with an end among `touching` of them. */
function possibleEdges(nodes: number, touching: number): number {
  const pairs = (count: number): number => (count * (count - 1)) / 2;
  return pairs(nodes) - pairs(nodes - touching);
}
