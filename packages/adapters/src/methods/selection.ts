/**
 * Which nodes stay trainable, K of them. `ggm` is the method of arXiv 2412.08592; the others are what it has to be better
 * than, with the same nodes, the same K and the same schedule:
 *
 * - `ggm`: the important nodes, then those most strongly connected to them in the graphical model;
 * - `ggm-no-important`: the graphical model without important nodes: the most strongly connected to all others;
 * - `importance`: the largest mean sample of log scores, which is how the important nodes are found;
 * - `singular-value`: the components with the largest singular values; biases come last;
 * - `random`: drawn with a seed;
 * - `uniform`: as many components at every site, those with the largest singular values; biases come last.
 */
import { allocateNodes, transformScores } from '@ggm-peft/ggm';
import type {
  Allocation as GgmAllocation,
  ExactAllocationOptions,
  ReferenceAllocationOptions,
} from '@ggm-peft/ggm';
import type { Matrix } from '@ggm-peft/linalg';
import { seededGenerator } from '@ggm-peft/random';

import type { AllocationNode } from '../node.js';
import type { GraphFit } from './method.js';

export const selectionNames = [
  'ggm',
  'ggm-no-important',
  'importance',
  'singular-value',
  'random',
  'uniform',
] as const;
export type SelectionName = (typeof selectionNames)[number];

/** Options of the graphical model that the method passes on; see `allocateNodes` of @ggm-peft/ggm. */
export type GraphOptions =
  | Omit<ExactAllocationOptions, 'targetNodes' | 'importantNodes'>
  | Omit<ReferenceAllocationOptions, 'targetNodes' | 'importantNodes'>;

/** What a selection goes by. */
export interface SelectionInput {
  readonly nodes: readonly AllocationNode[];
  /** Scores [n, p], one row a step. */
  readonly scores: Matrix;
  /** A component's singular value. */
  readonly singularValue: (site: string, component: number) => number;
  /** K */
  readonly targetNodes: number;
  /** |I|, for `ggm`. */
  readonly importantNodes: number;
  readonly graph: GraphOptions;
  /** Of `random`. */
  readonly seed: number;
}

/** The selection, with what it rests on; see `Allocation`. */
export interface Selected {
  readonly selected: readonly number[];
  readonly important: readonly number[];
  readonly strengths: Float64Array;
  readonly solver: Omit<GraphFit, 'seconds'> | null;
}

export function selectNodes(name: SelectionName, input: SelectionInput): Selected {
  switch (name) {
    case 'ggm':
      return byGraph(input, input.importantNodes);
    case 'ggm-no-important':
      return byGraph(input, 0);
    case 'importance':
      return strongest(columnMeans(transformScores(input.scores).samples), input.targetNodes);
    case 'singular-value':
      return strongest(
        strengthsOf(input, (site, component) => input.singularValue(site, component), 0),
        input.targetNodes,
      );
    case 'random': {
      const generator = seededGenerator(input.seed);
      return strongest(
        Float64Array.from(input.nodes, () => generator.uniform()),
        input.targetNodes,
      );
    }
    case 'uniform':
      // Every site's first component comes before any site's second.
      return strongest(
        strengthsOf(input, (_, component) => -component, -input.nodes.length),
        input.targetNodes,
      );
  }
}

function byGraph({ scores, graph, targetNodes }: SelectionInput, importantNodes: number): Selected {
  const fit = allocateNodes(scores, { ...graph, targetNodes, importantNodes });
  const { selected, important, strengths } = fit;
  return { selected, important, strengths, solver: describeFit(fit) };
}

/** @param bias what stands for every bias */
function strengthsOf(
  { nodes }: SelectionInput,
  component: (site: string, component: number) => number,
  bias: number,
): Float64Array {
  return Float64Array.from(nodes, (node) =>
    node.kind === 'bias' ? bias : component(node.site.name, node.component),
  );
}

/** The K nodes of the largest strength, of equals those that come first. */
function strongest(strengths: Float64Array, targetNodes: number): Selected {
  const selected = Array.from(strengths.keys())
    .sort((i, j) => (strengths[j] ?? 0) - (strengths[i] ?? 0) || i - j)
    .slice(0, targetNodes);
  return { selected, important: [], strengths, solver: null };
}

function columnMeans({ rows, cols, data }: Matrix): Float64Array {
  const means = new Float64Array(cols);
  data.forEach((value, i) => {
    means[i % cols] = (means[i % cols] ?? 0) + value / rows;
  });
  return means;
}

/** The reference mode repeats published arithmetic and has neither a stopping test nor an objective to report. */
function describeFit(allocation: GgmAllocation): Omit<GraphFit, 'seconds'> {
  const { fit, coupling, tau, shrinkage } = allocation;
  const common = { mode: allocation.mode, coupling, tau, shrinkage, iterations: fit.iterations };
  if (!('status' in fit)) {
    return {
      ...common,
      status: 'reference',
      message: 'The published iteration, which has no stationarity test.',
      stationarity: null,
      objective: null,
    };
  }
  const { status, message, stationarity, objective } = fit;
  return { ...common, status, message, stationarity, objective };
}
