/**
 * Block coordinate descent with Anderson's extrapolation of Δ, for finite λ. Every iteration is one BCD step, hence one
 * eigendecomposition, taken from the extrapolated Δ. If F did not fall, the iteration is not accepted: the next one
 * takes the plain step instead and the history is forgotten. So F never rises, and a rejection costs one iteration.
 */
import { Matrix } from '@ggm-peft/linalg';
import { emptyHistory, extrapolate, remember, type AndersonHistory } from './anderson.js';
import { bcdStep, exactBcd, type BcdState } from './exact-bcd.js';
import type { Solver } from './solver.js';

/** Differences kept at most; fewer where Δ is so large that they would not fit in memory well. */
const MEMORY = 10;
const MEMORY_ENTRIES = 2e7;

interface AcceleratedState extends BcdState {
  readonly history: AndersonHistory;
  /** Where the next step starts from, if not from Δ itself. */
  readonly trial: Matrix | null;
}

export const acceleratedBcd: Solver<AcceleratedState> = {
  name: 'accelerated block coordinate descent',
  advice: 'Raise maxIterations, lower coupling, or accept a larger tolerance',
  init: (problem, start) => ({ ...exactBcd.init(problem, start), history: emptyHistory, trial: null }),
  step: (problem, state) => {
    const from = state.trial ?? state.delta;
    const next = bcdStep(problem, from);
    if (state.trial !== null && !(next.objective <= state.objective)) {
      return { ...state, history: emptyHistory, trial: null };
    }
    const { rows, cols } = from;
    const memory = Math.max(2, Math.min(MEMORY, Math.floor(MEMORY_ENTRIES / (2 * rows * cols))));
    const history = remember(state.history, from.data, next.delta.data, memory);
    const extrapolated = extrapolate(history);
    return { ...next, history, trial: extrapolated === null ? null : new Matrix(rows, cols, extrapolated) };
  },
  answer: (_problem, { omega, delta }) => ({ omega, delta }),
};
