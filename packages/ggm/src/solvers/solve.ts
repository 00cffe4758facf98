/** The one loop that drives every solver: stopping test, iteration limit, abort, callback, history, and the verdict. */
import type { Matrix } from '@ggm-peft/linalg';
import type { GgmProblem } from '../problem/problem.js';
import type { Iterate, Solver, StartingPoint } from './solver.js';

/** One line of a fit's history. */
export interface HistoryEntry {
  /** 0 is the starting point. */
  readonly iteration: number;
  readonly objective: number;
  readonly stationarity: number;
}

/** How a fit ended. */
export type FitStatus = 'converged' | 'iteration-limit' | 'stalled' | 'aborted' | 'not-finite';

/** Anything with an `aborted` flag; an AbortSignal is one. */
export interface AbortFlag {
  readonly aborted: boolean;
}

/** Stopping rules and observers. */
export interface SolveOptions {
  /** Stop when the scaled stationarity residual is at most this; positive. */
  readonly tolerance: number;
  /** Most steps; a non-negative integer. */
  readonly maxIterations: number;
  /**
   * Looked at before every step. The loop is synchronous, so only `onIteration` or another thread can raise it while
   * the loop runs.
   */
  readonly signal?: AbortFlag;
  /** Called with every history entry as it is made. */
  readonly onIteration?: (entry: HistoryEntry) => void;
}

/** The answer, good or not. */
export interface GgmFit {
  /** Ω [p, p]: the precision matrix, symmetric positive definite. */
  readonly omega: Matrix;
  /** Δ [p, p]: its copy with exact zeros in the groups that the penalty removes. */
  readonly delta: Matrix;
  readonly status: FitStatus;
  /** A sentence on how it ended and, where it did not converge, what to try. */
  readonly message: string;
  readonly iterations: number;
  readonly objective: number;
  readonly stationarity: number;
  readonly history: readonly HistoryEntry[];
  /** Y [p, p] of the constraint Ω = Δ, where the solver has one (λ = ∞); part of a warm start. */
  readonly multiplier?: Matrix;
  /** The solver's name. */
  readonly solver: string;
}

/** A solver at its start, ready to run. */
export interface PreparedSolve {
  readonly objective: number;
  readonly stationarity: number;
  /** Runs until a rule in `options` ends it. */
  run(options: SolveOptions): GgmFit;
}

/** Puts `solver` at `start`. */
export function prepare<State extends Iterate>(
  problem: GgmProblem,
  solver: Solver<State>,
  start: StartingPoint,
): PreparedSolve {
  const state = solver.init(problem, start);
  return {
    objective: state.objective,
    stationarity: state.stationarity,
    run: (options) => iterate(problem, solver, state, options),
  };
}

/** The loop. */
function iterate<State extends Iterate>(
  problem: GgmProblem,
  solver: Solver<State>,
  first: State,
  options: SolveOptions,
): GgmFit {
  const { tolerance, maxIterations, signal, onIteration } = options;
  let state = first;
  const history: HistoryEntry[] = [];
  const record = (iteration: number): void => {
    const entry = { iteration, objective: state.objective, stationarity: state.stationarity };
    history.push(entry);
    onIteration?.(entry);
  };
  record(0);
  for (let iteration = 0; ; iteration++) {
    const status = verdict(state, iteration);
    if (status !== undefined) {
      const { objective, stationarity } = state;
      const message = describe(status, solver, iteration, stationarity, options);
      const answer = solver.answer(problem, state);
      return {
        ...answer,
        status,
        message,
        iterations: iteration,
        objective,
        stationarity,
        history,
        solver: solver.name,
      };
    }
    state = solver.step(problem, state);
    record(iteration + 1);
  }

  function verdict(at: Iterate, iteration: number): FitStatus | undefined {
    if (at.stationarity <= tolerance) return 'converged';
    // A start outside the domain has F = ∞; only a step that leaves it there is a failure.
    if (iteration > 0 && !Number.isFinite(at.objective)) return 'not-finite';
    if (at.stalled === true) return 'stalled';
    if (signal?.aborted === true) return 'aborted';
    return iteration >= maxIterations ? 'iteration-limit' : undefined;
  }
}

function describe(
  status: FitStatus,
  { name, advice }: Pick<Solver<Iterate>, 'name' | 'advice'>,
  iterations: number,
  residual: number,
  { tolerance }: SolveOptions,
): string {
  const reached = `stationarity ${residual.toExponential(2)} after ${iterations} iterations of ${name}`;
  switch (status) {
    case 'converged':
      return `Converged: ${reached}, tolerance ${tolerance.toExponential(2)}.`;
    case 'iteration-limit':
      return `Not converged: ${reached}, tolerance ${tolerance.toExponential(2)}. ${advice}.`;
    case 'stalled':
      return `Not converged: ${reached}, tolerance ${tolerance.toExponential(2)}; no step lowers the objective any further. Accept a larger tolerance, or rescale the covariance towards a unit diagonal.`;
    case 'aborted':
      return `Aborted: ${reached}. Pass omega and delta as start to go on from here.`;
    case 'not-finite':
      return `The objective is not finite: ${reached}. Rescale the covariance towards a unit diagonal, or shrink it more.`;
  }
}
