/**
 * Leading eigenvectors of AᵀA (A's right singular vectors) by block Lanczos with full reorthogonalisation and thick
 * restart (Golub & Underwood 1977; Wu & Simon, SIAM J. Matrix Anal. Appl. 22, 2000).
 *
 * A block wider than the number of wanted vectors finds every copy of a repeated singular value, where single-vector
 * Lanczos finds one (Musco & Musco, NeurIPS 2015, for the randomised start). Where the block is narrower, an answer
 * counts only after a round with fresh random vectors has not improved it.
 *
 * The projection T = V AᵀA Vᵀ is kept in full, not as a band: a restart or a random replacement then needs no special
 * case. Vectors that are in the basis but not yet multiplied by AᵀA carry all the residual of the Ritz vectors.
 */
import { symmetricEigen } from '../eigen/symmetric-eigen.js';
import { Matrix } from '../matrix.js';
import { multiply, multiplyTransposedRight } from '../multiply.js';
import { transpose } from '../transpose.js';
import { applyGram, LANES } from './gram-operator.js';
import { orthonormalise } from './orthonormalise.js';

/** Widest block; wider ones spend more products with A than they save in steps. */
const WIDEST_BLOCK = 16;

/** The orthonormal basis, how much of it has been multiplied, and the projection so far. Plain state of the method. */
export interface BlockLanczos {
  readonly a: Matrix; // [m, n]
  readonly wanted: number;
  readonly block: number;
  readonly capacity: number;
  readonly gaussian: () => number;
  readonly basis: Float64Array; // [capacity, n], `size` rows in use
  readonly projection: Float64Array; // [capacity, capacity], known for columns below `expanded`
  size: number;
  expanded: number;
  products: number;
}

/** The best approximations in the current basis, largest first. */
export interface RitzPairs {
  readonly values: Float64Array; // [expanded], of AᵀA, descending
  readonly residuals: Float64Array; // [wanted], ‖AᵀA v − θ v‖
  readonly coefficients: Matrix; // [expanded, expanded], one Ritz vector a row, in the order of `values`
}

/** Whether n columns are so many more than the basis holds that iterating beats the full decomposition (measured). */
export function fitsBlockLanczos(n: number, wanted: number): boolean {
  return 2 * n >= 5 * capacityFor(wanted);
}

/** A random block, nothing multiplied yet. */
export function initialise(a: Matrix, wanted: number, gaussian: () => number): BlockLanczos {
  const n = a.cols;
  const block = blockFor(wanted);
  const capacity = capacityFor(wanted);
  const state: BlockLanczos = {
    a,
    wanted,
    block,
    capacity,
    gaussian,
    basis: new Float64Array(capacity * n),
    projection: new Float64Array(capacity * capacity),
    size: 0,
    expanded: 0,
    products: 0,
  };
  appendRandomBlock(state);
  return state;
}

/** True where the block alone cannot be relied on to find every copy of a repeated singular value. */
export function needsVerification(state: BlockLanczos): boolean {
  return state.wanted > state.block - 2;
}

/** True when the next expansion would not fit: restart first. */
export function isFull(state: BlockLanczos): boolean {
  return state.size + state.block > state.capacity;
}

/** Multiplies the next block of the basis by AᵀA and appends what is new in the result as a block to multiply later. */
export function expand(state: BlockLanczos): void {
  const { a, basis, block, capacity, projection, gaussian } = state;
  const n = a.cols;
  const first = state.expanded;
  const image = applyGram(a, basis.subarray(first * n, (first + block) * n)); // [block, n]
  state.products += block;
  const next = image.slice();
  let largest = 0;
  for (let c = 0; c < block; c++) {
    let square = 0;
    for (let k = 0; k < n; k++) square += (image[c * n + k] ?? 0) ** 2;
    largest = Math.max(largest, Math.sqrt(square));
  }
  orthonormalise(basis, state.size, next, n, 1e-14 * largest, gaussian);
  basis.set(next, state.size * n);
  state.size += block;
  state.expanded += block;
  const columns = multiplyTransposedRight(
    new Matrix(state.size, n, basis.subarray(0, state.size * n)),
    new Matrix(block, n, image),
  ); // [size, block]
  for (let i = 0; i < state.size; i++) {
    for (let c = 0; c < block; c++) {
      const value = columns.data[i * block + c] ?? 0;
      projection[i * capacity + first + c] = value;
      projection[(first + c) * capacity + i] = value;
    }
  }
}

/** Rayleigh–Ritz on the multiplied part of the basis. */
export function ritzPairs(state: BlockLanczos): RitzPairs {
  const { wanted, expanded, size, capacity, projection } = state;
  const small = Matrix.zeros(expanded, expanded);
  for (let i = 0; i < expanded; i++) {
    for (let j = 0; j < expanded; j++) {
      const lower = projection[Math.max(i, j) * capacity + Math.min(i, j)] ?? 0;
      small.data[i * expanded + j] = lower;
    }
  }
  const { values, vectors } = symmetricEigen(small);
  const coefficients = transpose(vectors);
  reverseRows(coefficients);
  const residuals = new Float64Array(wanted);
  for (let r = 0; r < wanted; r++) {
    let square = 0;
    for (let i = expanded; i < size; i++) square += coupling(state, coefficients, i, r) ** 2;
    residuals[r] = Math.sqrt(square);
  }
  return { values: values.reverse(), residuals, coefficients };
}

/** ⟨basis vector i, AᵀA · Ritz vector r⟩. */
function coupling(
  { projection, capacity, expanded }: BlockLanczos,
  coefficients: Matrix,
  i: number,
  r: number,
): number {
  let sum = 0;
  for (let j = 0; j < expanded; j++) {
    sum += (projection[i * capacity + j] ?? 0) * (coefficients.data[r * expanded + j] ?? 0);
  }
  return sum;
}

function reverseRows({ rows, cols, data }: Matrix): void {
  const original = data.slice();
  for (let i = 0; i < rows; i++) {
    data.set(original.subarray(i * cols, (i + 1) * cols), (rows - 1 - i) * cols);
  }
}

/** The `count` leading Ritz vectors, [count, n] row by row, largest first. */
export function ritzVectors(state: BlockLanczos, { coefficients }: RitzPairs, count: number): Matrix {
  const { expanded, basis, a } = state;
  const leading = new Matrix(count, expanded, coefficients.data.subarray(0, count * expanded));
  return multiply(leading, new Matrix(expanded, a.cols, basis.subarray(0, expanded * a.cols)));
}

/**
 * Thick restart: keeps the leading Ritz vectors and the vectors not yet multiplied; with `fresh` appends a random block
 * too, which can reach what the basis so far is blind to.
 */
export function restart(state: BlockLanczos, pairs: RitzPairs, fresh: boolean): void {
  const { a, basis, block, capacity, projection, expanded, size } = state;
  const n = a.cols;
  const pending = size - expanded;
  const kept = Math.min(keptFor(state.wanted), expanded);
  const vectors = ritzVectors(state, pairs, kept);
  const couplings = new Float64Array(pending * kept); // [pending, kept]
  for (let i = 0; i < pending; i++) {
    for (let r = 0; r < kept; r++)
      couplings[i * kept + r] = coupling(state, pairs.coefficients, expanded + i, r);
  }
  basis.copyWithin(kept * n, expanded * n, size * n);
  basis.set(vectors.data, 0);
  projection.fill(0);
  for (let r = 0; r < kept; r++) {
    projection[r * capacity + r] = pairs.values[r] ?? 0;
    for (let i = 0; i < pending; i++) {
      const value = couplings[i * kept + r] ?? 0;
      projection[(kept + i) * capacity + r] = value;
      projection[r * capacity + kept + i] = value;
    }
  }
  state.expanded = kept;
  state.size = kept + pending;
  if (fresh && state.size + 2 * block <= capacity) appendRandomBlock(state);
}

function appendRandomBlock(state: BlockLanczos): void {
  const { a, basis, block, size, gaussian } = state;
  const fresh = new Float64Array(block * a.cols).map(() => gaussian());
  orthonormalise(basis, size, fresh, a.cols, 0, gaussian);
  basis.set(fresh, size * a.cols);
  state.size += block;
}

/** Two more than the wanted vectors, in whole kernel lanes, up to the widest block. */
function blockFor(wanted: number): number {
  return Math.min(WIDEST_BLOCK, LANES * Math.ceil((wanted + 2) / LANES));
}

/** Ritz vectors that a restart keeps: the wanted ones and some of those that crowd them. */
function keptFor(wanted: number): number {
  return wanted + 3 * blockFor(wanted);
}

/** Basis vectors held at most: the kept ones, what is pending, a fresh block and room for eight steps. */
function capacityFor(wanted: number): number {
  return keptFor(wanted) + 10 * blockFor(wanted);
}
