/**
 * Proximal Newton descent for the entry model, for λ = ∞ (Ω = Δ) and finite λ (then e_ij is the penalty's envelope and Δ
 * the prox of Ω): a direction by coordinate descent on the active entries (direction.ts) and a line search that keeps Ω
 * positive definite and lets F fall by Armijo's rule (Hsieh et al. 2014, §3.3). For convex g the convergence is
 * superlinear; an iteration costs a few Cholesky factorisations and one inverse, no eigendecomposition.
 *
 * For a non-convex g the model of F along a direction is not exact, and a line search may find nothing. Then a proximal
 * gradient step is taken, whose length is halved until F falls; and where that finds nothing, the zero pair whose exact
 * move (pair-move.ts) lowers F most.
 */
import { cholesky, choleskyInverse, logDeterminant, Matrix } from '@ggm-peft/linalg';
import { entryTerm } from '../../problem/entry-term.js';
import { envelopes, type Envelope } from '../../problem/envelope.js';
import { byCorrelation } from '../../problem/node-order.js';
import type { EntryProblem, GgmProblem } from '../../problem/problem.js';
import { stationarityGivenInverse } from '../../problem/stationarity.js';
import { submatrix } from '../../problem/submatrix.js';
import { startingPoint, withStructuralZeros } from '../starting-point.js';
import type { Iterate, Solver } from '../solver.js';
import { newtonDirection } from './direction.js';
import { pairMove, type PairMove } from './pair-move.js';
import type { ActiveSet } from './symmetric-entries.js';

const HALVINGS = 20;
const GRADIENT_HALVINGS = 60;
const ARMIJO = 1e-3;
/** What F's own rounding may be, relative to F. */
const ROUNDING = 1e-14;

interface NewtonState extends Iterate {
  /** The problem with its nodes in the order of the visits; all matrices here are in this order. */
  readonly sorted: EntryProblem;
  readonly order: readonly number[];
  readonly omega: Matrix;
  readonly delta: Matrix;
  readonly inverse: Matrix;
}

interface Attempt {
  readonly omega: Matrix;
  /** Its Cholesky factor. */
  readonly lower: Matrix;
  readonly objective: number;
}

/** For entries only; see chooseSolver. */
export const proximalNewton: Solver<NewtonState> = {
  name: 'proximal Newton descent',
  advice: 'Raise maxIterations, raise tau, shrink the covariance more, or accept a larger tolerance',
  init: (given, { omega }) => {
    const { sorted: problem, order } = inVisitingOrder(entriesOf(given));
    const envelopeOf = envelopesOf(problem);
    const start =
      attempted(problem, withStructuralZeros(problem, submatrix(omega, order, order)), envelopeOf) ??
      attempted(problem, startingPoint(problem).omega, envelopeOf);
    if (start === null) throw new RangeError('proximalNewton: the usual start is not positive definite');
    return completed({ sorted: problem, order }, start);
  },
  step: (_given, state) => {
    const { sorted: problem, omega, inverse } = state;
    const envelopeOf = envelopesOf(problem);
    const gradient = combined(problem.covariance, inverse, -1);
    const direction = newtonDirection({
      omega,
      inverse,
      gradient,
      active: activeSet(problem, omega, inverse, gradient, envelopeOf),
      envelopeOf,
    });
    const expected =
      innerProduct(gradient, direction) +
      envelopeSum(combined(omega, direction, 1), envelopeOf) -
      envelopeSum(omega, envelopeOf);
    let length = 1;
    for (let halving = 0; halving < HALVINGS && expected < 0; halving++, length /= 2) {
      const next = attempted(problem, combined(omega, direction, length), envelopeOf);
      if (next === null) continue;
      if (next.objective <= state.objective + ARMIJO * length * expected) return completed(state, next);
      if (next.objective > state.objective + ROUNDING * (1 + Math.abs(state.objective))) continue;
      // So near the answer that F cannot tell: the residual can.
      const last = completed(state, next);
      if (last.stationarity < state.stationarity) return last;
    }
    return (
      gradientStep(state, gradient, envelopeOf) ?? bestPair(state, envelopeOf) ?? { ...state, stalled: true }
    );
  },
  answer: (_given, { order, omega, delta }) => {
    if (order.every((node, place) => node === place)) return { omega, delta };
    const places = inversePermutation(order);
    const own = submatrix(omega, places, places);
    return { omega: own, delta: delta === omega ? own : submatrix(delta, places, places) };
  },
};

function inVisitingOrder(problem: EntryProblem): Pick<NewtonState, 'sorted' | 'order'> {
  const { covariance, weights, penalty, tau } = problem;
  const p = covariance.rows;
  const every = Array.from({ length: p }, (_, i) => i);
  // With a convex g the answer does not depend on the order.
  if (penalty.convex) return { sorted: problem, order: every };
  const order = byCorrelation(covariance, every, every);
  const permuted = submatrix(new Matrix(p, p, weights), order, order).data;
  const sorted = {
    ...problem,
    covariance: submatrix(covariance, order, order),
    weights: permuted,
    term: entryTerm(penalty, tau, permuted),
  };
  return { sorted, order };
}

function inversePermutation(order: readonly number[]): number[] {
  const places = Array.from(order);
  order.forEach((node, place) => (places[node] = place));
  return places;
}

function entriesOf(problem: GgmProblem): EntryProblem {
  if (problem.structure !== 'entries') {
    throw new RangeError('proximalNewton: the problem must have structure "entries"');
  }
  return problem;
}

function envelopesOf({ penalty, tau, coupling, weights }: EntryProblem): (k: number) => Envelope {
  const byWeight = envelopes(penalty, coupling);
  let lastWeight = Number.NaN;
  let last = byWeight(0);
  return (k) => {
    const weight = weights[k] ?? 0;
    if (weight !== lastWeight) {
      lastWeight = weight;
      last = byWeight(weight === Infinity ? Infinity : tau * weight);
    }
    return last;
  };
}

/** A positive definite Ω with its factor and objective; null where it is not positive definite. */
function attempted(
  problem: EntryProblem,
  omega: Matrix,
  envelopeOf: (k: number) => Envelope,
): Attempt | null {
  const factor = cholesky(omega);
  if (factor.status !== 'ok') return null;
  const { lower } = factor;
  const objective =
    innerProduct(problem.covariance, omega) - logDeterminant(lower) + envelopeSum(omega, envelopeOf);
  return { omega, lower, objective };
}

function completed(
  { sorted, order }: Pick<NewtonState, 'sorted' | 'order'>,
  { omega, lower, objective }: Attempt,
): NewtonState {
  const { coupling, term } = sorted;
  const inverse = choleskyInverse(lower);
  const delta = coupling === Infinity ? omega : term.prox(omega, 1 / (2 * coupling));
  const stationarity = stationarityGivenInverse(sorted, omega, delta, inverse);
  return { sorted, order, omega, delta, inverse, objective, stationarity };
}

/** Σ_ij e_ij(|ω_ij|). */
function envelopeSum({ rows: p, data }: Matrix, envelopeOf: (k: number) => Envelope): number {
  let sum = 0;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j <= i; j++) {
      const k = i * p + j;
      const size = Math.abs(data[k] ?? 0);
      if (size > 0) sum += (i === j ? 1 : 2) * envelopeOf(k).value(size);
    }
  }
  return sum;
}

/** The entries that are not zero or would not stay zero; those of infinite weight never move. */
function activeSet(
  { weights, coupling }: EntryProblem,
  omega: Matrix,
  inverse: Matrix,
  gradient: Matrix,
  envelopeOf: (k: number) => Envelope,
): ActiveSet {
  const p = omega.rows;
  const w = inverse.data;
  return Array.from({ length: p }, (_, j) => {
    const rows: number[] = [];
    const wjj = w[j * p + j] ?? 0;
    for (let i = 0; i <= j; i++) {
      const k = i * p + j;
      if (weights[k] === Infinity && coupling === Infinity) continue;
      const curvature = (w[k] ?? 0) ** 2 + (w[i * p + i] ?? 0) * wjj;
      const aim = Math.abs(gradient.data[k] ?? 0) / curvature;
      if (i === j || omega.data[k] !== 0 || envelopeOf(k).prox(aim, 1 / curvature) !== 0) rows.push(i);
    }
    return Int32Array.from(rows);
  });
}

function gradientStep(
  state: NewtonState,
  gradient: Matrix,
  envelopeOf: (k: number) => Envelope,
): NewtonState | null {
  const { sorted: problem, omega, inverse } = state;
  const p = omega.rows;
  let trace = 0;
  for (let i = 0; i < p; i++) trace += inverse.data[i * p + i] ?? 0;
  let step = (p / trace) ** 2;
  for (let halving = 0; halving < GRADIENT_HALVINGS; halving++, step /= 2) {
    const moved = omega.data.map((value, k) => {
      const aim = value - step * (gradient.data[k] ?? 0);
      return Math.sign(aim) * envelopeOf(k).prox(Math.abs(aim), step);
    });
    const next = attempted(problem, new Matrix(p, p, moved), envelopeOf);
    if (next !== null && next.objective < state.objective) return completed(state, next);
  }
  return null;
}

/** The state after the best exact move of a zero pair; null where none lowers F, or the diagonal is penalised. */
function bestPair(state: NewtonState, envelopeOf: (k: number) => Envelope): NewtonState | null {
  const { sorted: problem, omega, inverse } = state;
  const { covariance, weights } = problem;
  const p = omega.rows;
  let best: PairMove | null = null;
  for (let i = 0; i < p; i++) {
    if (weights[i * p + i] !== 0) return null;
    for (let j = 0; j < i; j++) {
      const k = i * p + j;
      if (omega.data[k] !== 0 || weights[k] === Infinity) continue;
      const move = pairMove(covariance, inverse, i, j, envelopeOf(k));
      if (move !== null && move.gain > (best?.gain ?? 0)) best = move;
    }
  }
  if (best === null) return null;
  const { i, j, changes } = best;
  const moved = omega.clone();
  const add = (row: number, col: number, change: number): void => {
    moved.data[row * p + col] = (moved.data[row * p + col] ?? 0) + change;
  };
  add(i, i, changes[0]);
  add(j, j, changes[1]);
  add(i, j, changes[2]);
  add(j, i, changes[2]);
  const next = attempted(problem, moved, envelopeOf);
  return next !== null && next.objective < state.objective ? completed(state, next) : null;
}

/** A + factor · B */
function combined(a: Matrix, b: Matrix, factor: number): Matrix {
  const result = a.clone();
  const { data } = result;
  for (let k = 0; k < data.length; k++) data[k] = (data[k] ?? 0) + factor * (b.data[k] ?? 0);
  return result;
}

/** tr(A B) of symmetric matrices. */
function innerProduct(a: Matrix, b: Matrix): number {
  let sum = 0;
  for (let k = 0; k < a.data.length; k++) sum += (a.data[k] ?? 0) * (b.data[k] ?? 0);
  return sum;
}
