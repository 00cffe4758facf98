/**
 * Which nodes matter most: hubs have large columns. Four scores of a node j,
 *
 *   `omega`                ‖Ω_{·j}‖₂ without the diagonal (the quantity that the column penalty acts on)
 *   `delta`                ‖Δ_{·j}‖₂ without the diagonal: exactly 0 for a column that the penalty removed
 *   `partial-correlation`  ℓ2 norm of j's partial correlations with the others, edges or not; free of units (default)
 *   `degree`               number of edges
 */
import { checkOptions, type Matrix } from '@ggm-peft/linalg';
import { EDGE_OPTION_KEYS, readEdges, type EdgeOptions } from './edges.js';
import { readPrecisionEstimate, type PrecisionLike } from './precision-estimate.js';
import { readNodeNames } from './node-names.js';
import { strengthsOf } from './node-strengths.js';
import { partialCorrelations } from './partial-correlations.js';

/** What a node's score is. */
export type NodeScoreKind = 'omega' | 'delta' | 'partial-correlation' | 'degree';

/** Options of {@link importantNodeScores}; those of edges matter for `degree`. */
export interface NodeScoreOptions extends EdgeOptions {
  /** Default `partial-correlation`. */
  readonly by?: NodeScoreKind;
}

/** A node and its score. */
export interface NodeScore {
  readonly node: number;
  readonly name: string;
  readonly score: number;
  /** Number of edges, whatever the score is. */
  readonly degree: number;
}

const KINDS: readonly NodeScoreKind[] = ['omega', 'delta', 'partial-correlation', 'degree'];

/**
 * All nodes with their scores, highest first, ties by index.
 *
 * @param estimate a fit, or a precision matrix.
 * @param options `by`, and those of `edges`.
 * @throws RangeError on bad matrices or an option out of range, TypeError on an unknown option.
 */
export function importantNodeScores(estimate: PrecisionLike, options: NodeScoreOptions = {}): NodeScore[] {
  const caller = 'importantNodeScores';
  checkOptions(caller, options, [...EDGE_OPTION_KEYS, 'by']);
  const { by = 'partial-correlation', ...edgeOptions } = options;
  if (!KINDS.includes(by))
    throw new RangeError(`${caller}: by must be one of ${KINDS.join(', ')}; got "${by}"`);
  const { omega, delta } = readPrecisionEstimate(caller, estimate);
  const names = readNodeNames(caller, edgeOptions.nodeNames, omega.rows);
  const { degree } = strengthsOf(readEdges(caller, estimate, edgeOptions), omega.rows);
  const scores = scoresBy(by, omega, delta, degree);
  return names
    .map((name, node) => ({ node, name, score: scores[node] ?? 0, degree: degree[node] ?? 0 }))
    .sort((a, b) => b.score - a.score || a.node - b.node);
}

function scoresBy(by: NodeScoreKind, omega: Matrix, delta: Matrix, degree: Int32Array): ArrayLike<number> {
  switch (by) {
    case 'omega':
      return columnNorms(omega);
    case 'delta':
      return columnNorms(delta);
    case 'partial-correlation':
      return columnNorms(partialCorrelations(omega));
    case 'degree':
      return degree;
  }
}

/** ‖A_{·j}‖₂ of every column j [p], diagonal left out. */
function columnNorms({ rows: p, data }: Matrix): Float64Array {
  const squares = new Float64Array(p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      if (i !== j) squares[j] = (squares[j] ?? 0) + (data[i * p + j] ?? 0) ** 2;
    }
  }
  return squares.map(Math.sqrt);
}
