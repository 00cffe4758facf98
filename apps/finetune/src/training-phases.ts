/** Training before and after a selection: what trained, how long a step took, how much memory there was. */
import type { TrainableCounts } from '@ggm-peft/adapters';

export const phaseNames = ['all nodes', 'selected nodes', 'training'] as const;
export type PhaseName = (typeof phaseNames)[number];

export interface PhaseRecord {
  readonly name: PhaseName;
  readonly trainable: TrainableCounts;
  readonly steps: number;
  /** Median wall time of a step. */
  readonly stepSeconds: number;
  /** Most resident memory in bytes, looked at after every step. */
  readonly memory: number;
}

/** A phase with the time of each of its steps, from which a run that was interrupted goes on. */
export interface PhaseTimes {
  readonly name: PhaseName;
  readonly trainable: TrainableCounts;
  readonly seconds: readonly number[];
  readonly memory: number;
}

interface Phase extends PhaseTimes {
  trainable: TrainableCounts;
  readonly seconds: number[];
  memory: number;
}

export class TrainingPhases {
  readonly #phases: Phase[];
  readonly #now: () => number;
  readonly #resident: () => number;
  #stepBegan = 0;

  /**
   * @param earlier the phases of an interrupted run
   * @param now the time in milliseconds
   * @param resident the resident set's present size in bytes
   */
  constructor(
    earlier: readonly PhaseTimes[] = [],
    now: () => number = () => performance.now(),
    resident: () => number = () => process.memoryUsage.rss(),
  ) {
    this.#phases = earlier.map((phase) => ({ ...phase, seconds: [...phase.seconds] }));
    this.#now = now;
    this.#resident = resident;
  }

  /** An epoch of that phase begins. */
  beginEpoch(name: PhaseName, trainable: TrainableCounts): void {
    const phase = this.#phases.at(-1);
    if (phase?.name === name) phase.trainable = trainable;
    else this.#phases.push({ name, trainable, seconds: [], memory: 0 });
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

  get times(): readonly PhaseTimes[] {
    return this.#phases;
  }

  get records(): PhaseRecord[] {
    return this.#phases.map(({ name, trainable, seconds, memory }) => ({
      name,
      trainable,
      steps: seconds.length,
      stepSeconds: Number(median(seconds).toFixed(6)),
      memory,
    }));
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}
