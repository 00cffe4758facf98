/**
 * Which nodes stay trainable: the important ones, then those most strongly connected to them.
 *
 * The strength of a node j is the ℓ2 norm over i ∈ I, i ≠ j (over all i ≠ j when I is empty) of
 *   `omega`: ω_ij (the authors' way) · `delta`: δ_ij, exactly 0 for penalised-away nodes ·
 *   `partial-correlation`: −ω_ij / √(ω_ii ω_jj), which does not depend on the variables' scales.
 */
import { checkOptions, type Matrix } from '@ggm-peft/linalg';
import { checkNodes } from '../problem/check-nodes.js';

/** What strengths are made of. */
export type RankBy = 'omega' | 'delta' | 'partial-correlation';

/** Arguments of {@link selectNodes}. */
export interface SelectNodesInput {
  /** Ω [p, p]. */
  readonly omega: Matrix;
  /** Δ [p, p]. */
  readonly delta: Matrix;
  /** I, in the order in which they are to be listed. */
  readonly importantNodes: readonly number[];
  /** K: nodes to select in all, |I|..p. */
  readonly targetNodes: number;
  /** Default `omega`. */
  readonly rankBy?: RankBy;
}

/** The selection. */
export interface NodeSelection {
  /** K node indices: I as given, then the others, strongest first; of equal strengths the smaller index first. */
  readonly selected: number[];
  /** Strength of every node [p]; an important node's tells its connection to the other important ones. */
  readonly strengths: Float64Array;
}

/**
 * Selects K nodes from a fit.
 *
 * @throws RangeError when K or I does not fit the p nodes, or a diagonal is not positive for `partial-correlation`.
 */
export function selectNodes(input: SelectNodesInput): NodeSelection {
  checkOptions('selectNodes', input, ['omega', 'delta', 'importantNodes', 'targetNodes', 'rankBy']);
  const { omega, delta, importantNodes, targetNodes, rankBy = 'omega' } = input;
  const p = omega.rows;
  for (const [name, matrix] of [['omega', omega] as const, ['delta', delta] as const]) {
    if (matrix.rows !== p || matrix.cols !== p) {
      throw new RangeError(`selectNodes: ${name} must be ${p} x ${p}; got ${matrix.rows} x ${matrix.cols}`);
    }
  }
  checkNodes('selectNodes: importantNodes', importantNodes, p);
  if (!Number.isInteger(targetNodes) || targetNodes < 1 || targetNodes > p) {
    throw new RangeError(`selectNodes: targetNodes must be an integer in 1..${p}; got ${targetNodes}`);
  }
  if (importantNodes.length > targetNodes) {
    throw new RangeError(
      `selectNodes: targetNodes must be at least the ${importantNodes.length} important nodes; got ${targetNodes}`,
    );
  }
  const strengths = nodeStrengths(rankBy === 'delta' ? delta : omega, importantNodes, rankBy);
  const important = new Set(importantNodes);
  const others = Array.from(strengths.keys())
    .filter((node) => !important.has(node))
    .sort((i, j) => (strengths[j] ?? 0) - (strengths[i] ?? 0) || i - j);
  return { selected: [...importantNodes, ...others].slice(0, targetNodes), strengths };
}

function nodeStrengths(matrix: Matrix, importantNodes: readonly number[], rankBy: RankBy): Float64Array {
  const p = matrix.rows;
  const scales = rankBy === 'partial-correlation' ? inverseRootDiagonal(matrix) : new Float64Array(p).fill(1);
  const rows = importantNodes.length > 0 ? importantNodes : Array.from({ length: p }, (_, i) => i);
  const strengths = new Float64Array(p);
  for (let j = 0; j < p; j++) {
    let square = 0;
    for (const i of rows) {
      if (i !== j) square += ((matrix.data[i * p + j] ?? 0) * (scales[i] ?? 0) * (scales[j] ?? 0)) ** 2;
    }
    strengths[j] = Math.sqrt(square);
  }
  return strengths;
}

function inverseRootDiagonal(omega: Matrix): Float64Array {
  return Float64Array.from({ length: omega.rows }, (_, i) => {
    const value = omega.data[i * omega.cols + i] ?? 0;
    if (!(value > 0)) {
      throw new RangeError(
        `selectNodes: omega must have a positive diagonal for partial correlations; entry [${i}, ${i}] = ${value}`,
      );
    }
    return 1 / Math.sqrt(value);
  });
}
