/**
 * One step of block descent on a reduced problem: a sweep over the columns of B, then the best A. Anderson's extrapolation
 * of B is tried after it and kept where φ is lower than at the plain point, so φ never rises. Columns that the sweep left
 * at zero stay zero in an extrapolation.
 */
import {
  Matrix,
  multiplyTransposedLeft,
  multiplyTransposedRight,
  symmetricEigen,
  transpose,
} from '@ggm-peft/linalg';
import type { ColumnProblem } from '../../problem/problem.js';
import { emptyHistory, extrapolate, remember, type AndersonHistory } from '../anderson.js';
import type { Iterate } from '../solver.js';
import { completed, evaluated, type Blocks } from './blocks.js';
import type { ReducedProblem } from './reduced-problem.js';
import { sweep } from './sweep.js';

const MEMORY = 10;

/** Blocks, how good they are, and the way there. */
export interface Point extends Iterate {
  readonly blocks: Blocks;
  readonly history: AndersonHistory;
}

/** The blocks after a sweep and the best A. */
export function swept(reduced: ReducedProblem, blocks: Blocks): Blocks {
  return completed(reduced, sweptColumns(reduced, blocks));
}

/** The better of a plain image of `from` and the extrapolation from the history. */
export function accelerated(
  problem: ColumnProblem,
  reduced: ReducedProblem,
  from: Pick<Point, 'blocks' | 'history'>,
  image: Blocks,
): Point {
  const history = remember(from.history, from.blocks.b.data, image.b.data, MEMORY);
  const plain = evaluated(problem, reduced, image);
  const guess = extrapolate(history);
  if (guess === null) return { blocks: image, history, ...plain };
  const tried = completed(reduced, withZerosOf(image.b, guess));
  const jumped = evaluated(problem, reduced, tried);
  return jumped.objective < plain.objective
    ? { blocks: tried, history, ...jumped }
    : { blocks: image, history: emptyHistory, ...plain };
}

/** B's columns after a sweep. */
function sweptColumns(reduced: ReducedProblem, { a, b, products }: Blocks): Matrix {
  const { values, vectors } = symmetricEigen(a);
  const rotated = transpose(multiplyTransposedLeft(vectors, b)); // [q, m]
  sweep({
    curvatures: values.map((value) => 1 / value),
    linear: multiplyTransposedLeft(reduced.covarianceIJ, vectors).data, // [q, m]
    covarianceJJ: reduced.covarianceJJ,
    envelopes: reduced.envelopes,
    b: rotated.data,
    products: multiplyTransposedLeft(products, vectors).data, // [q, m]
  });
  return multiplyTransposedRight(vectors, rotated);
}

/** The extrapolated B, with the zero columns of the plain one. */
function withZerosOf(plain: Matrix, guess: Float64Array): Matrix {
  const { rows: m, cols: q } = plain;
  const result = new Matrix(m, q, guess);
  for (let j = 0; j < q; j++) {
    let zero = true;
    for (let i = 0; i < m && zero; i++) zero = plain.data[i * q + j] === 0;
    if (zero) for (let i = 0; i < m; i++) guess[i * q + j] = 0;
  }
  return result;
}
