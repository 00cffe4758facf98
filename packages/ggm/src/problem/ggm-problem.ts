/** The border check of a problem: parts in, a {@link GgmProblem} out that solvers need not check again. */
import { checkOptions, Matrix, requireSymmetric } from '@ggm-peft/linalg';
import { checkNodes } from './check-nodes.js';
import { columnTerm } from './column-term.js';
import { requireMinimum } from './definiteness.js';
import { entryTerm } from './entry-term.js';
import { columnGroups } from './groups.js';
import type { ColumnProblem, CommonProblem, EntryProblem, GgmProblem, GgmProblemInput } from './problem.js';

/** The keys of {@link GgmProblemInput}. */
export const problemKeys = [
  'covariance',
  'tau',
  'penalty',
  'coupling',
  'structure',
  'importantNodes',
  'weights',
  'penaliseDiagonal',
] as const;

/**
 * Checks the parts of a problem and joins them.
 *
 * @throws RangeError when S is not square, finite and symmetric, or is too near singular for F to have a minimum; or
 *   when λ, τ, a weight or an index is out of range; TypeError on an unknown key, a penalty that is none, or when S is no Matrix.
 */
export function ggmProblem(input: GgmProblemInput & { readonly structure?: 'columns' }): ColumnProblem;
export function ggmProblem(input: GgmProblemInput): GgmProblem;
export function ggmProblem(input: GgmProblemInput): GgmProblem {
  checkOptions('ggmProblem', input, problemKeys);
  const { covariance, tau, penalty, coupling = Infinity, structure = 'columns' } = input;
  if (!(coupling > 0)) throw new RangeError(`ggmProblem: coupling must be positive; got ${coupling}`);
  if (!(tau >= 0 && tau < Infinity)) {
    throw new RangeError(`ggmProblem: tau must be finite and not negative; got ${tau}`);
  }
  requirePenalty(penalty);
  requireSymmetric('ggmProblem: covariance', covariance);
  const common = { covariance, coupling, tau, penalty };
  const problem = structure === 'columns' ? columnProblem(input, common) : entryProblem(input, common);
  requireMinimum(problem);
  return problem;
}

/** For callers without types, who may give its name. */
function requirePenalty(penalty: unknown): void {
  if (typeof penalty === 'object' && penalty !== null && 'prox' in penalty) return;
  const got = typeof penalty === 'string' ? JSON.stringify(penalty) : typeof penalty;
  throw new TypeError(`ggmProblem: penalty must be a penalty such as l1Penalty(); got ${got}`);
}

function columnProblem(input: GgmProblemInput, common: Omit<CommonProblem, 'term'>): ColumnProblem {
  const { importantNodes = [], weights } = input;
  if (input.penaliseDiagonal === true) {
    throw new RangeError('ggmProblem: penaliseDiagonal needs structure "entries"; got it with "columns"');
  }
  const p = common.covariance.rows;
  checkNodes('ggmProblem: importantNodes', importantNodes, p);
  const groups = columnGroups(p, importantNodes, columnWeights(weights, p));
  const term = columnTerm(common.penalty, common.tau, groups);
  return { ...common, structure: 'columns', importantNodes: [...importantNodes], groups, term };
}

function columnWeights(weights: Float64Array | Matrix | undefined, p: number): Float64Array | undefined {
  if (weights === undefined) return undefined;
  if (weights instanceof Matrix || weights.length !== p) {
    throw new RangeError(
      `ggmProblem: weights must be a Float64Array of ${p}, one a column; got ${describe(weights)}`,
    );
  }
  const bad = weights.findIndex((weight) => !(weight >= 0));
  if (bad >= 0) {
    throw new RangeError(`ggmProblem: weights must not be negative; entry [${bad}] = ${weights[bad] ?? 0}`);
  }
  return weights;
}

function entryProblem(input: GgmProblemInput, common: Omit<CommonProblem, 'term'>): EntryProblem {
  if (input.structure !== 'entries') {
    throw new RangeError(
      `ggmProblem: structure must be "columns" or "entries"; got ${JSON.stringify(input.structure)}`,
    );
  }
  if (input.importantNodes !== undefined && input.importantNodes.length > 0) {
    throw new RangeError(
      'ggmProblem: importantNodes need structure "columns"; for entries say it with weights',
    );
  }
  const p = common.covariance.rows;
  const weights = entryWeights(input.weights, p);
  if (input.penaliseDiagonal !== true) for (let i = 0; i < p; i++) weights[i * p + i] = 0;
  return { ...common, structure: 'entries', weights, term: entryTerm(common.penalty, common.tau, weights) };
}

function entryWeights(weights: Float64Array | Matrix | undefined, p: number): Float64Array {
  if (weights === undefined) return new Float64Array(p * p).fill(1);
  if (!(weights instanceof Matrix) || weights.rows !== p || weights.cols !== p) {
    throw new RangeError(`ggmProblem: weights must be a ${p} x ${p} Matrix; got ${describe(weights)}`);
  }
  const { data } = weights;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const weight = data[i * p + j] ?? 0;
      if (!(weight >= 0)) {
        throw new RangeError(`ggmProblem: weights must not be negative; entry [${i}, ${j}] = ${weight}`);
      }
      if (weight !== data[j * p + i]) {
        throw new RangeError(
          `ggmProblem: weights must be symmetric; entry [${i}, ${j}] = ${weight} but [${j}, ${i}] = ${data[j * p + i] ?? 0}`,
        );
      }
      if (i === j && weight === Infinity) {
        throw new RangeError(`ggmProblem: a diagonal weight must be finite; entry [${i}, ${i}] = Infinity`);
      }
    }
  }
  return data.slice();
}

function describe(weights: Float64Array | Matrix): string {
  return weights instanceof Matrix
    ? `a ${weights.rows} x ${weights.cols} Matrix`
    : `a Float64Array of ${weights.length}`;
}
