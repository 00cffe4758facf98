/**
 * Block descent on the reduced problem (reduced-problem.ts) of the column model with important nodes, for finite λ and
 * for λ = ∞: a sweep over the columns of B, then the best A, both exact. An iteration costs O(m q²) instead of the
 * O((m + q)³) of an eigendecomposition, and the number of iterations does not depend on λ, because Ω and Δ are not
 * moved in turn: Δ is eliminated.
 *
 * Anderson's extrapolation is tried on B after each iteration and kept where F is lower than at the plain point, so F
 * never rises. Columns that the sweep left at zero stay zero in an extrapolation.
 *
 * Residual: at the best C and A, S − Ω⁻¹ vanishes on II and JJ, and (Ω⁻¹)_IJ = −A⁻¹ B S_JJ, so no p × p inverse is needed.
 */
import {
  cholesky,
  choleskySolve,
  frobeniusNorm,
  logDeterminant,
  Matrix,
  multiply,
  multiplyTransposedLeft,
  multiplyTransposedRight,
  symmetricEigen,
  traceOfProduct,
  transpose,
} from '@ggm-peft/linalg';
import { objective } from '../../problem/objective.js';
import type { ColumnProblem, GgmProblem } from '../../problem/problem.js';
import { stationarity } from '../../problem/stationarity.js';
import { submatrix } from '../../problem/submatrix.js';
import { emptyHistory, extrapolate, remember, type AndersonHistory } from '../anderson.js';
import type { Iterate, Solver, StartingPoint } from '../solver.js';
import { bestImportantBlock, squareRoots, symmetricPart, type SquareRoots } from './important-block.js';
import { assemble, reduce, type ReducedProblem } from './reduced-problem.js';
import { sweep } from './sweep.js';

const MEMORY = 10;

/** A and B with what φ and its gradient are made of. */
interface Blocks {
  readonly a: Matrix; // [m, m]
  readonly b: Matrix; // [m, q]
  /** A⁻¹ B [m, q] */
  readonly solved: Matrix;
  /** B S_JJ [m, q] */
  readonly products: Matrix;
}

interface SchurState extends Iterate {
  readonly reduced: ReducedProblem;
  readonly roots: SquareRoots;
  /** The start while it is the answer; then the blocks are. */
  readonly start: StartingPoint | null;
  readonly blocks: Blocks;
  readonly history: AndersonHistory;
}

/** For columns with important nodes only; see chooseSolver. */
export const schurDescent: Solver<SchurState> = {
  name: 'block descent on the Schur complement',
  advice: 'Raise maxIterations, raise tau, shrink the covariance more, or accept a larger tolerance',
  init: (given, start) => {
    const problem = columnsOf(given);
    const reduced = reduce(problem);
    const roots = squareRoots(reduced.covarianceII);
    const b = submatrix(start.omega, reduced.important, reduced.others);
    return {
      reduced,
      roots,
      start,
      blocks: completed(reduced, roots, b),
      history: emptyHistory,
      objective: objective(problem, start.omega, start.delta),
      stationarity: stationarity(problem, start.omega, start.delta),
    };
  },
  step: (given, state) => {
    const problem = columnsOf(given);
    const { reduced, roots, blocks } = state;
    const swept = completed(reduced, roots, sweptColumns(reduced, blocks));
    const history = remember(state.history, blocks.b.data, swept.b.data, MEMORY);
    const plain = evaluated(problem, reduced, swept);
    const guess = extrapolate(history);
    if (guess !== null) {
      const tried = completed(reduced, roots, withZerosOf(swept.b, guess));
      const jumped = evaluated(problem, reduced, tried);
      if (jumped.objective < plain.objective) {
        return { reduced, roots, start: null, blocks: tried, history, ...jumped };
      }
    }
    const kept = guess === null ? history : emptyHistory;
    return { reduced, roots, start: null, blocks: swept, history: kept, ...plain };
  },
  answer: (given, { reduced, start, blocks }) => {
    if (start !== null) return start;
    const { coupling, term } = columnsOf(given);
    const omega = assemble(reduced, blocks.a, blocks.b, blocks.solved);
    return { omega, delta: coupling === Infinity ? omega : term.prox(omega, 1 / (2 * coupling)) };
  },
};

function columnsOf(problem: GgmProblem): ColumnProblem {
  if (problem.structure !== 'columns' || problem.importantNodes.length === 0) {
    throw new RangeError('schurDescent: the problem must have structure "columns" and important nodes');
  }
  return problem;
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

/** The best A for B, and the products of both. */
function completed({ covarianceJJ }: ReducedProblem, roots: SquareRoots, b: Matrix): Blocks {
  const products = multiply(b, covarianceJJ);
  const a = bestImportantBlock(roots, symmetricPart(multiplyTransposedRight(products, b)));
  return { a, b, products, solved: solve(a, b) };
}

function solve(a: Matrix, b: Matrix): Matrix {
  const factor = cholesky(a);
  if (factor.status !== 'ok')
    return new Matrix(b.rows, b.cols, new Float64Array(b.data.length).fill(Number.NaN));
  return choleskySolve(factor.lower, b);
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

/** F and the residual at blocks whose A is the best one. */
function evaluated(problem: ColumnProblem, reduced: ReducedProblem, blocks: Blocks): Iterate {
  const { covarianceII, covarianceIJ, constant, important, others, envelopes } = reduced;
  const { a, b, solved, products } = blocks;
  const m = important.length;
  const q = others.length;
  const factor = cholesky(a);
  if (factor.status !== 'ok') return { objective: Infinity, stationarity: Infinity };
  let value = constant - logDeterminant(factor.lower) + traceOfProduct(covarianceII, a);
  for (let k = 0; k < b.data.length; k++) {
    value +=
      2 * (covarianceIJ.data[k] ?? 0) * (b.data[k] ?? 0) + (solved.data[k] ?? 0) * (products.data[k] ?? 0);
  }
  for (let j = 0; j < q; j++) {
    let square = 0;
    for (let i = 0; i < m; i++) square += (b.data[i * q + j] ?? 0) ** 2;
    value += envelopes[j]?.value(Math.sqrt(square)) ?? 0;
  }
  // (S − Ω⁻¹)_IJ = S_IJ + A⁻¹ B S_JJ
  const gradient = choleskySolve(factor.lower, products);
  for (let k = 0; k < gradient.data.length; k++) {
    gradient.data[k] = (gradient.data[k] ?? 0) + (covarianceIJ.data[k] ?? 0);
  }
  return { objective: value, stationarity: residual(problem, reduced, b, gradient) };
}

/** problem/stationarity.ts's residual, which has parts on IJ alone. */
function residual(problem: ColumnProblem, reduced: ReducedProblem, b: Matrix, gradient: Matrix): number {
  const { covariance, coupling, groups, term } = problem;
  const { important, others } = reduced;
  const p = covariance.rows;
  const omega = Matrix.zeros(p, p); // its IJ block is all that the penalty sees
  important.forEach((row, i) => {
    others.forEach((col, j) => {
      omega.data[row * p + col] = b.data[i * b.cols + j] ?? 0;
    });
  });
  const delta = coupling === Infinity ? omega : term.prox(omega, 1 / (2 * coupling));
  const held = new Set(groups.map(({ column }) => column));
  let square = 0;
  const pull = Matrix.zeros(p, p); // λ = ∞: the multiplier −2 (S − Ω⁻¹)_Ij of each group
  important.forEach((row, i) => {
    others.forEach((col, j) => {
      const slope = gradient.data[i * b.cols + j] ?? 0;
      const k = row * p + col;
      if (coupling === Infinity && held.has(col)) pull.data[k] = -2 * slope;
      else if (coupling === Infinity) square += 2 * slope ** 2;
      else square += 2 * (slope + coupling * ((omega.data[k] ?? 0) - (delta.data[k] ?? 0))) ** 2;
    });
  });
  const distance = coupling === Infinity ? term.distance(omega, pull, reduced.curvature) : 0;
  return Math.hypot(distance, Math.sqrt(square)) / frobeniusNorm(covariance);
}
