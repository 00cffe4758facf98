/** A point of the reduced problem: A and B, what φ and its gradient are made of, and how good it is. */
import type { Matrix } from '@ggm-peft/linalg';
import {
  cholesky,
  choleskyInverse,
  choleskySolve,
  logDeterminant,
  multiply,
  multiplyTransposedRight,
  traceOfProduct,
} from '@ggm-peft/linalg';
import { scalarDistance } from '../../problem/penalty-term.js';
import type { ColumnProblem } from '../../problem/problem.js';
import type { Iterate } from '../solver.js';
import { bestImportantBlock, symmetricPart } from './important-block.js';
import type { ReducedProblem } from './reduced-problem.js';

/** A and B with what φ and its gradient are made of. */
export interface Blocks {
  readonly a: Matrix; // [m, m]
  readonly b: Matrix; // [m, q]
  /** B S_JJ [m, q] */
  readonly products: Matrix;
  /** G = B S_JJ Bᵀ [m, m] */
  readonly gram: Matrix;
}

/** The best A for B, and the products of both. */
export function completed({ covarianceJJ, roots, fixed }: ReducedProblem, b: Matrix): Blocks {
  const products = multiply(b, covarianceJJ);
  const gram = symmetricPart(multiplyTransposedRight(products, b));
  if (fixed !== null) {
    const cross = multiplyTransposedRight(fixed.products, b); // [m, m]
    const m = cross.rows;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < m; j++) {
        const both = (cross.data[i * m + j] ?? 0) + (cross.data[j * m + i] ?? 0);
        gram.data[i * m + j] = (gram.data[i * m + j] ?? 0) + both + (fixed.gram.data[i * m + j] ?? 0);
      }
    }
    for (let k = 0; k < products.data.length; k++) {
      products.data[k] = (products.data[k] ?? 0) + (fixed.products.data[k] ?? 0);
    }
  }
  return { a: bestImportantBlock(roots, gram), b, products, gram };
}

/** F and the residual at blocks whose A is the best one. */
export function evaluated(problem: ColumnProblem, reduced: ReducedProblem, blocks: Blocks): Iterate {
  const { covarianceII, covarianceIJ, constant, important, others, envelopes } = reduced;
  const { a, b, products, gram } = blocks;
  const m = important.length;
  const q = others.length;
  const factor = cholesky(a);
  if (factor.status !== 'ok') return { objective: Infinity, stationarity: Infinity };
  let value =
    constant -
    logDeterminant(factor.lower) +
    traceOfProduct(covarianceII, a) +
    traceOfProduct(choleskyInverse(factor.lower), gram);
  for (let k = 0; k < b.data.length; k++) {
    value += 2 * (covarianceIJ.data[k] ?? 0) * (b.data[k] ?? 0);
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

/**
 * problem/stationarity.ts's residual, which has parts on IJ alone: with f = (S − Ω⁻¹)_Ij + B_j e′(r)/2r at r = ‖B_j‖ > 0,
 * 2 ‖f‖² for finite λ (two copies) and for columns that nothing holds, 4 ‖f‖² for λ = ∞, where one copy bears both.
 */
function residual(
  { coupling, penalty }: ColumnProblem,
  { envelopes, weights, others, curvature, norm }: ReducedProblem,
  b: Matrix,
  gradient: Matrix,
): number {
  const { rows: m, cols: q } = b;
  let total = 0;
  for (let j = 0; j < q; j++) {
    const weight = weights[j] ?? 0;
    let length = 0;
    for (let i = 0; i < m; i++) length += (b.data[i * q + j] ?? 0) ** 2;
    length = Math.sqrt(length);
    const factor = length > 0 ? (envelopes[j]?.slope(length) ?? 0) / (2 * length) : 0;
    let square = 0;
    for (let i = 0; i < m; i++) {
      square += ((gradient.data[i * q + j] ?? 0) + factor * (b.data[i * q + j] ?? 0)) ** 2;
    }
    if (coupling < Infinity || weight === 0) total += 2 * square;
    else if (length > 0) total += 4 * square;
    else {
      const slope = 2 * Math.sqrt(square);
      total += scalarDistance(penalty, weight, curvature(others[j] ?? 0), 0, slope) ** 2;
    }
  }
  return Math.sqrt(total) / norm;
}
