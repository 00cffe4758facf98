/**
 * What every solver is: a start and a step on plain state. The loop in solve.ts adds the stopping test, limits, abort
 * and history, the same for all of them.
 */
import type { Matrix } from '@ggm-peft/linalg';
import type { GgmProblem } from '../problem/problem.js';

/** A point and how good it is. Solvers add what they need to continue; a state is never modified once returned. */
export interface Iterate {
  readonly omega: Matrix;
  readonly delta: Matrix;
  /** F(Ω, Δ). */
  readonly objective: number;
  /** The scaled KKT residual at (Ω, Δ); see problem/stationarity.ts. */
  readonly stationarity: number;
}

/** Where to start: an earlier fit's Ω and Δ, say. */
export interface StartingPoint {
  readonly omega: Matrix;
  readonly delta: Matrix;
}

/** One method of minimising F. */
export interface Solver<State extends Iterate> {
  readonly name: string;
  /** The state at `start`, evaluated but not yet improved. */
  init(problem: GgmProblem, start: StartingPoint): State;
  /** A better state; F must not rise. */
  step(problem: GgmProblem, state: State): State;
}
