/** When a run's state is written, and what goes into it. */
import type { AttachedMethod, TensorData, Trainable } from '@ggm-peft/adapters';

import type { Optimiser } from './optimiser.js';
import { writeTrainingState } from './training-state.js';
import type { PlanRecord, TrainingPosition } from './training-state.js';

export interface CheckpointOptions {
  /** The file, in an existing folder. It is replaced as a whole each time. */
  readonly path: string;
  /** Optimiser steps from one state to the next, at least 1; default: none within an epoch. */
  readonly everySteps?: number;
  /** Seconds after which a step is followed by a state, from 0 on (a state after every step); default: none within an epoch. */
  readonly everySeconds?: number;
  /** JSON of the caller's own, asked for and stored with each state: how far its records are, say. */
  readonly notes?: () => unknown;
}

/** A run between two steps. */
export interface RunningTraining {
  readonly plan: PlanRecord;
  readonly position: TrainingPosition;
  readonly trainables: readonly Trainable[];
  readonly optimiser: Optimiser;
  readonly method: AttachedMethod;
}

/** @throws when an option is out of range */
export function checkCheckpoint({ everySteps, everySeconds }: Partial<CheckpointOptions> = {}): void {
  if (everySteps !== undefined && !(Number.isSafeInteger(everySteps) && everySteps >= 1)) {
    throw new Error(`train: checkpoint.everySteps must be an integer of at least 1; got ${everySteps}`);
  }
  if (everySeconds !== undefined && !(everySeconds >= 0)) {
    throw new Error(`train: checkpoint.everySeconds must not be negative; got ${everySeconds}`);
  }
}

export class Checkpoints {
  readonly #options: CheckpointOptions | undefined;
  readonly #now: () => RunningTraining;
  /** The place and the time of the last state, or of the run's beginning. */
  #last: TrainingPosition;
  #lastTime = performance.now();

  /** @param now what is to be stored, at the time of the call */
  constructor(options: CheckpointOptions | undefined, now: () => RunningTraining) {
    this.#options = options;
    this.#now = now;
    this.#last = now().position;
  }

  /** Writes the state if as many steps or seconds have passed as the options say. */
  async writeIfDue(): Promise<void> {
    const { everySteps = Infinity, everySeconds = Infinity } = this.#options ?? {};
    const steps = this.#now().position.globalStep - this.#last.globalStep;
    const seconds = (performance.now() - this.#lastTime) / 1000;
    if (steps >= everySteps || seconds >= everySeconds) await this.write();
  }

  /** Writes the state if a step has been taken, or an epoch begun, since the last one. */
  async writeIfNew(): Promise<void> {
    const { globalStep, epoch } = this.#now().position;
    if (globalStep > this.#last.globalStep || epoch > this.#last.epoch) await this.write();
  }

  async write(): Promise<void> {
    if (this.#options === undefined) return;
    const { path, notes } = this.#options;
    const { plan, position, trainables, optimiser, method } = this.#now();
    const values = new Map<string, TensorData>();
    for (const { name, variable } of trainables) {
      values.set(name, { shape: variable.shape, data: await variable.data<'float32'>() });
    }
    await writeTrainingState(path, {
      plan,
      position,
      values,
      optimiser: await optimiser.state(),
      progress: await method.progress(),
      notes: await notes?.(),
    });
    this.#last = position;
    this.#lastTime = performance.now();
  }
}
