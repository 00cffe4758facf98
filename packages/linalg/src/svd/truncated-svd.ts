/**
 * The largest singular triplets of a dense matrix, A ≈ U diag(σ) Vᵀ, with residuals that are measured.
 *
 * The right singular subspace comes from block Lanczos on AᵀA, or from the full eigendecomposition of AᵀA where that
 * is cheaper; A maps it once more, and one-sided Jacobi on the images gives σ and U without a square in between. So
 * the small values lose nothing to the squaring, except that values below about 1e-8 σ₁ are told apart from each
 * other only if all of them are asked for.
 */
import { normals, seededGenerator } from '@ggm-peft/random';
import { checkOptions } from '../check-options.js';
import { symmetricEigen } from '../eigen/symmetric-eigen.js';
import { Matrix } from '../matrix.js';
import { gram, multiply, multiplyTransposedRight } from '../multiply.js';
import { euclideanNorm, largestMagnitude, requireFinite } from '../norms.js';
import { exponentOf, scaleByPowerOfTwo } from '../power-of-two.js';
import { transpose } from '../transpose.js';
import {
  expand,
  fitsBlockLanczos,
  initialise,
  isFull,
  needsVerification,
  restart,
  ritzPairs,
  ritzVectors,
  type BlockLanczos,
  type RitzPairs,
} from './block-lanczos.js';
import { fixSigns, tripletsFromImages, type Triplets } from './triplets.js';

/** Options of {@link truncatedSvd}. */
export interface TruncatedSvdOptions {
  /** Largest residual allowed, relative to σ₁; in (0, 1), default 1e-6. Below 1e-12 rounding errors prevail. */
  readonly tolerance?: number;
  /** Most block steps of the iteration, each one product of a block with AᵀA; default 500. */
  readonly maxIterations?: number;
  /** Seed of the random start; a safe integer, default 0. The same seed gives the same answer. */
  readonly seed?: number;
}

/** A ≈ u · diag(singularValues) · vt. */
export interface TruncatedSvd {
  /** Left singular vectors, one a column; [m, rank]. In each column the entry largest in magnitude is positive. */
  readonly u: Matrix;
  /** Descending, not negative; rank of them. Values below ε·max(m, n)·σ₁ count as 0. */
  readonly singularValues: Float64Array;
  /** Right singular vectors, one a row; [rank, n]. */
  readonly vt: Matrix;
  /** Per triplet, the larger of ‖A v − σ u‖ and ‖Aᵀ u − σ v‖, computed from the returned numbers. */
  readonly residuals: Float64Array;
  /** Whether every residual is at most tolerance · σ₁ (and repeated values have been looked for). */
  readonly converged: boolean;
  /** Block steps taken; 0 where the full decomposition was used. */
  readonly iterations: number;
  /** Vectors multiplied by AᵀA. */
  readonly products: number;
}

/** Block steps between two Rayleigh–Ritz checks. */
const STEPS_BETWEEN_CHECKS = 4;

/**
 * The `rank` largest singular values of `a` and their vectors.
 *
 * Where singular values coincide their vectors are any orthonormal basis of the common subspace. Where the matrix has
 * fewer than `rank` nonzero values, the rest are 0 and the vectors complete orthonormal sets.
 *
 * @param a [m, n], finite. Not modified.
 * @param rank integer in 1..min(m, n).
 * @throws RangeError on a bad rank or option, or entries that are not finite.
 */
export function truncatedSvd(a: Matrix, rank: number, options: TruncatedSvdOptions = {}): TruncatedSvd {
  checkOptions('truncatedSvd', options, ['tolerance', 'maxIterations', 'seed']);
  const { tolerance = 1e-6, maxIterations = 500, seed = 0 } = options;
  const smaller = Math.min(a.rows, a.cols);
  if (!Number.isInteger(rank) || rank < 1 || rank > smaller) {
    throw new RangeError(
      `truncatedSvd: rank must be an integer in 1..${smaller} for a ${a.rows} x ${a.cols} matrix; got ${rank}`,
    );
  }
  if (!(tolerance > 0 && tolerance < 1)) {
    throw new RangeError(`truncatedSvd: tolerance must lie in (0, 1); got ${tolerance}`);
  }
  if (!Number.isInteger(maxIterations) || maxIterations < 1) {
    throw new RangeError(`truncatedSvd: maxIterations must be a positive integer; got ${maxIterations}`);
  }
  if (!Number.isSafeInteger(seed))
    throw new RangeError(`truncatedSvd: seed must be a safe integer; got ${seed}`);
  requireFinite('truncatedSvd: a', a);

  // Work on the orientation with the smaller AᵀA, scaled so that squares neither overflow nor vanish.
  const wide = a.cols > a.rows;
  const exponent = exponentOf(largestMagnitude(a));
  const oriented = wide ? transpose(a) : a.clone();
  scaleByPowerOfTwo(oriented.data, -exponent);
  const gaussian = normals(seededGenerator(seed));
  const found = fitsBlockLanczos(oriented.cols, rank)
    ? iterate(oriented, rank, tolerance, maxIterations, gaussian)
    : decompose(oriented, rank, tolerance, gaussian);

  scaleByPowerOfTwo(found.values, exponent);
  scaleByPowerOfTwo(found.residuals, exponent);
  const left = wide ? found.right : found.left;
  const right = wide ? found.left : found.right;
  fixSigns(left, right);
  const { residuals, converged, iterations, products } = found;
  return {
    u: transpose(left),
    singularValues: found.values,
    vt: right,
    residuals,
    converged,
    iterations,
    products,
  };
}

interface MeasuredTriplets extends Triplets {
  readonly residuals: Float64Array;
}

interface Found extends MeasuredTriplets {
  readonly converged: boolean;
  readonly iterations: number;
  readonly products: number;
}

/** Block Lanczos until the measured residuals are small, and once more where copies could have been missed. */
function iterate(
  a: Matrix,
  rank: number,
  tolerance: number,
  maxIterations: number,
  gaussian: () => number,
): Found {
  const state = initialise(a, rank, gaussian);
  let target = 0.5 * tolerance;
  let sumBefore: number | undefined;
  let triplets: MeasuredTriplets | undefined;
  let sinceCheck = 0;
  let iterations = 0;
  while (iterations < maxIterations) {
    expand(state);
    iterations++;
    sinceCheck++;
    const full = isFull(state);
    if (!full && iterations < maxIterations && sinceCheck < STEPS_BETWEEN_CHECKS) continue;
    if (state.expanded < rank) continue;
    const pairs = ritzPairs(state);
    sinceCheck = 0;
    triplets = undefined;
    let fresh = false;
    if (estimatesAgree(pairs, rank, target)) {
      const sum = pairs.values.subarray(0, rank).reduce((total, value) => total + value, 0);
      const verified =
        !needsVerification(state) ||
        (sumBefore !== undefined && full && sum - sumBefore <= tolerance * (pairs.values[0] ?? 0));
      if (verified) {
        triplets = extract(a, ritzVectors(state, pairs, rank), gaussian);
        if (withinTolerance(triplets, tolerance)) return finish(triplets, true, iterations, state);
        target /= 10;
      } else if (full || sumBefore === undefined) {
        sumBefore = sum;
        fresh = true;
      }
    }
    if (full || fresh) restart(state, pairs, fresh);
  }
  triplets ??= extract(a, ritzVectors(state, ritzPairs(state), rank), gaussian);
  return finish(triplets, false, iterations, state);
}

function finish(
  triplets: MeasuredTriplets,
  converged: boolean,
  iterations: number,
  { products }: BlockLanczos,
): Found {
  return { ...triplets, converged, iterations, products };
}

/** Whether ‖Aᵀu − σv‖ = ‖AᵀA v − σ² v‖ / σ promises to be below target · σ₁; tiny values are bounded by their size. */
function estimatesAgree({ values, residuals }: RitzPairs, rank: number, target: number): boolean {
  const top = Math.sqrt(Math.max(values[0] ?? 0, 0));
  for (let r = 0; r < rank; r++) {
    const sigma = Math.sqrt(Math.max(values[r] ?? 0, 0));
    if ((residuals[r] ?? 0) > target * top * Math.max(sigma, target * top)) return false;
  }
  return true;
}

/** The full route: every eigenvector of AᵀA, and the leading ones from there. */
function decompose(a: Matrix, rank: number, tolerance: number, gaussian: () => number): Found {
  const { vectors } = symmetricEigen(gram(transpose(a)));
  const n = a.cols;
  const leading = Matrix.zeros(rank, n);
  for (let r = 0; r < rank; r++) leading.data.set(vectors.column(n - 1 - r), r * n);
  const triplets = extract(a, leading, gaussian);
  return { ...triplets, converged: withinTolerance(triplets, tolerance), iterations: 0, products: n };
}

/** From an orthonormal basis of the right subspace (its rows) to triplets with measured residuals, descending. */
function extract(a: Matrix, basis: Matrix, gaussian: () => number): MeasuredTriplets {
  const images = multiplyTransposedRight(basis, a); // [rank, m], row i is A vᵢ
  const triplets = tripletsFromImages(basis, images, gaussian);
  return { ...triplets, residuals: measure(a, triplets) };
}

/** max(‖A v − σ u‖, ‖Aᵀ u − σ v‖) for each triplet, from two products with A. */
function measure(a: Matrix, { left, right, values }: Triplets): Float64Array {
  const forward = multiplyTransposedRight(right, a); // [rank, m]
  const backward = multiply(left, a); // [rank, n]
  return values.map((sigma, r) => {
    const u = left.row(r);
    const v = right.row(r);
    const onLeft = forward.row(r).map((value, k) => value - sigma * (u[k] ?? 0));
    const onRight = backward.row(r).map((value, k) => value - sigma * (v[k] ?? 0));
    return Math.max(euclideanNorm(onLeft), euclideanNorm(onRight));
  });
}

function withinTolerance({ values, residuals }: MeasuredTriplets, tolerance: number): boolean {
  return residuals.every((residual) => residual <= tolerance * (values[0] ?? 0));
}
