/** What a Cholesky factorisation comes to. */
import type { Matrix } from './matrix.js';

/** A lower triangular factor, or the pivot at which the matrix proved not to be positive definite. */
export type CholeskyResult =
  | { readonly status: 'ok'; readonly lower: Matrix }
  | { readonly status: 'not-positive-definite'; readonly pivot: number; readonly value: number };
