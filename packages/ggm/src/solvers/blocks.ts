/**
 * Exact decomposition. For λ = ∞ and a convex g with a finite slope σ at zero, nodes that no entry of S beyond the
 * threshold joins are conditionally independent in the answer, which is then found block by block (Witten, Friedman &
 * Simon, J. Comput. Graph. Stat. 20, 2011; Mazumder & Hastie, J. Mach. Learn. Res. 13, 2012):
 *
 * - entries: i and j are joined where |s_ij| > τ σ w_ij. Between blocks Ω⁻¹ is 0, so the condition at a zero entry is
 *   |s_ij| ≤ τ σ w_ij.
 * - whole columns: column j is zero where 2 ‖S_{·j}‖₂ ≤ τ σ w_j (both copies of an entry pull, and where column i is not
 *   zero its gradient at the entry is); the other nodes are joined where s_ij ≠ 0.
 *
 * Columns with important nodes do not fall apart: nothing holds their unpenalised entries at zero. Neither does Ω for
 * finite λ, where only Δ has zeros.
 */
import { frobeniusNorm, Matrix } from '@ggm-peft/linalg';
import { componentsOf } from '../problem/components.js';
import { ggmProblem } from '../problem/ggm-problem.js';
import type { GgmProblem, GgmProblemInput } from '../problem/problem.js';
import { submatrix } from '../problem/submatrix.js';
import { prepareWith, type SolverName } from './choose-solver.js';
import type { GgmFit, HistoryEntry, SolveOptions } from './solve.js';
import type { StartingPoint } from './solver.js';
import { startingPoint } from './starting-point.js';

/** The independent blocks of nodes, by their smallest node; one block where the problem does not fall apart. */
export function blocksOf(problem: GgmProblem): number[][] {
  const { covariance, coupling, penalty, tau } = problem;
  const p = covariance.rows;
  const s = covariance.data;
  const slope = penalty.slopeAtZero;
  if (coupling < Infinity || !penalty.convex || slope === Infinity || tau === 0) {
    return [Array.from({ length: p }, (_, i) => i)];
  }
  if (problem.structure === 'entries') {
    const { weights } = problem;
    return componentsOf(p, (i, j) => Math.abs(s[i * p + j] ?? 0) > tau * slope * (weights[i * p + j] ?? 0));
  }
  if (problem.importantNodes.length > 0) return [Array.from({ length: p }, (_, i) => i)];
  const isolated = new Set<number>();
  for (const { column, weight } of problem.groups) {
    let square = 0;
    for (let i = 0; i < p; i++) if (i !== column) square += (s[i * p + column] ?? 0) ** 2;
    if (2 * Math.sqrt(square) <= tau * slope * weight) isolated.add(column);
  }
  return componentsOf(p, (i, j) => !isolated.has(i) && !isolated.has(j) && s[i * p + j] !== 0);
}

/**
 * Solves a problem block by block and joins the answers. The history goes through the blocks in turn: its objective and
 * residual are those of the whole, with the blocks that have not been reached yet at their starts.
 */
export function solveBlocks(
  input: GgmProblemInput,
  blocks: readonly (readonly number[])[],
  solver: SolverName,
  options: SolveOptions,
  start?: StartingPoint,
): GgmFit {
  const { covariance } = input;
  const p = covariance.rows;
  const parts = blocks.map((nodes) => {
    const problem = ggmProblem(restricted(input, nodes));
    const at = start === undefined ? startingPoint(problem) : startOf(start, nodes);
    return { prepared: prepareWith(solver, problem, at), norm: frobeniusNorm(problem.covariance) };
  });
  const states: Pick<HistoryEntry, 'objective' | 'stationarity'>[] = parts.map(({ prepared }) => prepared);
  const history: HistoryEntry[] = [];
  let iterations = 0;
  const record = (): void => {
    const entry = { iteration: iterations, ...joined(states, parts, frobeniusNorm(covariance)) };
    history.push(entry);
    options.onIteration?.(entry);
  };
  record();
  const fits = parts.map(({ prepared }, block) => {
    const fit = prepared.run({
      ...options,
      onIteration: (entry) => {
        states[block] = entry;
        if (entry.iteration === 0) return;
        iterations++;
        record();
      },
    });
    states[block] = fit;
    return fit;
  });
  const omega = Matrix.zeros(p, p);
  const delta = input.coupling === undefined || input.coupling === Infinity ? omega : Matrix.zeros(p, p);
  fits.forEach((fit, block) => {
    place(omega, fit.omega, blocks[block] ?? []);
    if (delta !== omega) place(delta, fit.delta, blocks[block] ?? []);
  });
  const worst = fits.find(({ status }) => status !== 'converged');
  const sizes = blocks.map(({ length }) => length).sort((a, b) => b - a);
  const summary = `${blocks.length} independent blocks, the largest of ${sizes[0] ?? 0} nodes`;
  const whole = joined(states, parts, frobeniusNorm(covariance));
  return {
    omega,
    delta,
    status: worst?.status ?? 'converged',
    message:
      worst === undefined
        ? `Converged: stationarity ${whole.stationarity.toExponential(2)} after ${iterations} iterations, in ${summary}.`
        : `In one of ${summary}: ${worst.message}`,
    iterations,
    ...whole,
    history,
    solver: fits[0]?.solver ?? solver,
  };
}

/** F is the sum of the blocks' F; the residual's squares add up in units of S. */
function joined(
  states: readonly Pick<HistoryEntry, 'objective' | 'stationarity'>[],
  parts: readonly { readonly norm: number }[],
  norm: number,
): Pick<HistoryEntry, 'objective' | 'stationarity'> {
  const residuals = states.map(({ stationarity }, block) => stationarity * (parts[block]?.norm ?? 0));
  return {
    objective: states.reduce((sum, { objective }) => sum + objective, 0),
    stationarity: Math.hypot(...residuals) / norm,
  };
}

function restricted(input: GgmProblemInput, nodes: readonly number[]): GgmProblemInput {
  const { weights } = input;
  return {
    ...input,
    covariance: submatrix(input.covariance, nodes, nodes),
    ...(weights === undefined
      ? {}
      : {
          weights:
            weights instanceof Matrix
              ? submatrix(weights, nodes, nodes)
              : Float64Array.from(nodes, (node) => weights[node] ?? 1),
        }),
  };
}

function startOf({ omega, delta }: StartingPoint, nodes: readonly number[]): StartingPoint {
  const part = submatrix(omega, nodes, nodes);
  return { omega: part, delta: delta === omega ? part : submatrix(delta, nodes, nodes) };
}

/** Writes a block's matrix to its place in the whole. */
function place(whole: Matrix, block: Matrix, nodes: readonly number[]): void {
  nodes.forEach((row, i) => {
    nodes.forEach((col, j) => {
      whole.data[row * whole.cols + col] = block.data[i * nodes.length + j] ?? 0;
    });
  });
}
