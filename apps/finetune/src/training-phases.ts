/** Training before and after a selection: what trained, how long a step took, how much memory there was. */
import type { TrainableCounts } from '@ggm-peft/adapters';

export const phaseNames = ['all nodes', 'selected nodes', 'training'] as const;
export type PhaseName = (typeof phaseNames)[number];

export interface PhaseRecord {
  readonly name: PhaseName;
  readonly trainable: TrainableCounts;
  readonly steps: number;
  /** Median wall time of a step; of a run that was gone on with, of the steps since then, if there are any in this phase. */
  readonly stepSeconds: number;
  /** Most resident memory in bytes, looked at after every step. */
  readonly memory: number;
}

interface Phase {
  readonly name: PhaseName;
  trainable: TrainableCounts;
  readonly seconds: number[];
  memory: number;
  /** Of earlier processes of the same run: the steps, and their median time. */
  readonly before: Pick<PhaseRecord, 'steps' | 'stepSeconds'> | null;
}

export class TrainingPhases {
  readonly #phases: Phase[];
  readonly #now: () => number;
  readonly #resident: () => number;
  #stepBegan = 0;

  /**
   * @param now the time in milliseconds
   * @param resident the resident set's present size in bytes
   * @param earlier phases of the same run's earlier processes
   */
  constructor(
    now: () => number = () => performance.now(),
    resident: () => number = () => process.memoryUsage.rss(),
    earlier: readonly PhaseRecord[] = [],
  ) {
    this.#phases = earlier.map(({ name, trainable, memory, ...before }) => ({
      name,
      trainable,
      memory,
      seconds: [],
      before,
    }));
    this.#now = now;
    this.#resident = resident;
  }

  /** An epoch of that phase begins. */
  beginEpoch(name: PhaseName, trainable: TrainableCounts): void {
    const phase = this.#phases.at(-1);
    if (phase?.name === name) phase.trainable = trainable;
    else this.#phases.push({ name, trainable, seconds: [], memory: 0, before: null });
    this.#stepBegan = this.#now();
  }

  /** A step has ended; the next one begins. */
  endStep(): void {
    const phase = this.#phases.at(-1);
    const now = this.#now();
    if (phase === undefined) throw new Error('TrainingPhases: endStep must come after beginEpoch');
    phase.seconds.push((now - this.#stepBegan) / 1000);
    phase.memory = Math.max(phase.memory, this.#resident());
    this.#stepBegan = now;
  }

  get records(): PhaseRecord[] {
    return this.#phases.map(({ name, trainable, seconds, memory, before }) => ({
      name,
      trainable,
      steps: (before?.steps ?? 0) + seconds.length,
      stepSeconds:
        before !== null && seconds.length === 0 ? before.stepSeconds : Number(median(seconds).toFixed(6)),
      memory,
    }));
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}
