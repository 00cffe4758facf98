/**
 * What every solver is: a start and a step on plain state. The loop in solve.ts adds the stopping test, limits, abort
 * and history, the same for all of them.
 */
import type { Matrix } from '@ggm-peft/linalg';
import type { GgmProblem } from '../problem/problem.js';

/** How good a state is. Solvers add what they need to continue; a state is never modified once returned. */
export interface Iterate {
  /** F(Ω, Δ). */
  readonly objective: number;
  /** The scaled KKT residual at (Ω, Δ); see problem/stationarity.ts. */
  readonly stationarity: number;
  /** Set where the solver found no way to lower F any further; the loop ends there. */
  readonly stalled?: boolean;
}

/** Where to start: an earlier fit, say. */
export interface StartingPoint {
  /** Ω [p, p], symmetric. */
  readonly omega: Matrix;
  /** Δ [p, p]. */
  readonly delta: Matrix;
  /** Y [p, p], which solvers of the constrained problem (λ = ∞) may leave and take up again. */
  readonly multiplier?: Matrix;
}

/** One method of minimising F. */
export interface Solver<State extends Iterate> {
  readonly name: string;
  /** What to try when it does not converge, as part of a sentence: `Raise maxIterations or …`. */
  readonly advice: string;
  /** The state at `start`, evaluated but not yet improved. */
  init(problem: GgmProblem, start: StartingPoint): State;
  /** A better state. */
  step(problem: GgmProblem, state: State): State;
  /** Ω and Δ of a state. */
  answer(problem: GgmProblem, state: State): StartingPoint;
}
