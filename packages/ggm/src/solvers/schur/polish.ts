/**
 * Most columns of Δ are zero at most answers, and a step on the others alone is cheap: the reduced problem restricted to
 * them, with the rest of B held as it is, is improved by steps of its own before the next full sweep looks at all columns
 * again (the working set of Massias, Gramfort & Salmon, ICML 2018, for the lasso).
 */
import { multiply, multiplyTransposedRight, type Matrix } from '@ggm-peft/linalg';
import { scalarProx } from '../../problem/penalty-term.js';
import type { ColumnProblem } from '../../problem/problem.js';
import { submatrix } from '../../problem/submatrix.js';
import { emptyHistory } from '../anderson.js';
import { completed, evaluated, type Blocks } from './blocks.js';
import { accelerated, swept, type Point } from './descent-step.js';
import { symmetricPart } from './important-block.js';
import type { ReducedProblem } from './reduced-problem.js';

/** Steps on the restricted problem at most, and the fraction of its residual to reach. */
const STEPS = 30;
const ENOUGH = 0.05;
/** With more than this share of the columns at work a restricted step saves nothing. */
const LARGEST_SHARE = 0.8;

/** The blocks after steps on the columns whose copy in Δ is not zero; null where there is nothing to gain. */
export function polished(problem: ColumnProblem, reduced: ReducedProblem, { b }: Blocks): Blocks | null {
  const { rows: m, cols: q } = b;
  const every = Array.from({ length: q }, (_, j) => j);
  const working = every.filter((j) => isAtWork(problem, reduced, b, j));
  if (working.length === 0 || working.length > LARGEST_SHARE * q) return null;
  const part = restricted(reduced, b, working);
  const start = completed(part, columns(b, working));
  let point: Point = { blocks: start, history: emptyHistory, ...evaluated(problem, part, start) };
  const goal = ENOUGH * point.stationarity;
  for (let step = 0; step < STEPS && point.stationarity > goal; step++) {
    point = accelerated(problem, part, point, swept(part, point.blocks));
  }
  const whole = b.clone();
  working.forEach((column, k) => {
    for (let i = 0; i < m; i++) whole.data[i * q + column] = point.blocks.b.data[i * working.length + k] ?? 0;
  });
  return completed(reduced, whole);
}

function isAtWork(
  { penalty, coupling }: ColumnProblem,
  { weights }: ReducedProblem,
  b: Matrix,
  j: number,
): boolean {
  const weight = weights[j] ?? 0;
  let square = 0;
  for (let i = 0; i < b.rows; i++) square += (b.data[i * b.cols + j] ?? 0) ** 2;
  if (coupling === Infinity || weight === 0) return square > 0;
  return scalarProx(penalty, Math.sqrt(square), weight / (2 * coupling)) > 0;
}

function columns(a: Matrix, list: readonly number[]): Matrix {
  return submatrix(
    a,
    Array.from({ length: a.rows }, (_, i) => i),
    list,
  );
}

/** The reduced problem on some of its columns, the others fixed. */
function restricted(reduced: ReducedProblem, b: Matrix, list: readonly number[]): ReducedProblem {
  const { others, covarianceIJ, covarianceJJ, weights, envelopes } = reduced;
  const rest = b.clone();
  for (const column of list) for (let i = 0; i < b.rows; i++) rest.data[i * b.cols + column] = 0;
  const products = multiply(rest, covarianceJJ); // [m, q]
  return {
    ...reduced,
    others: list.map((j) => others[j] ?? 0),
    covarianceIJ: columns(covarianceIJ, list),
    covarianceJJ: submatrix(covarianceJJ, list, list),
    weights: list.map((j) => weights[j] ?? 0),
    envelopes: list.flatMap((j) => envelopes[j] ?? []),
    fixed: {
      products: columns(products, list),
      gram: symmetricPart(multiplyTransposedRight(products, rest)),
    },
  };
}
