/** What the training loop is asked to do, what it reports, and which requests it refuses. */
import { isStaged } from '@ggm-peft/adapters';
import type { Allocation, AttachedMethod, ParameterRole, TrainableModel } from '@ggm-peft/adapters';
import type { Engine } from '@ggm-peft/engine';

import type { BatchSource } from './batches.js';
import { checkCheckpoint } from './checkpoints.js';
import type { CheckpointOptions } from './checkpoints.js';
import type { KeptPrefix } from './feed.js';
import { objectives } from './loss.js';
import type { Objective } from './loss.js';
import type { AdamWOptions } from './optimiser-options.js';
import type { Schedule } from './schedule.js';
import type { TrainingState } from './training-state.js';

/** What the loop reports while it runs. */
export type TrainingEvent =
  /** `done`: steps of this epoch that a resumed run finds done already. */
  | { readonly type: 'epoch'; readonly epoch: number; readonly steps: number; readonly done: number }
  | { readonly type: 'allocating'; readonly epoch: number }
  | { readonly type: 'allocation'; readonly epoch: number; readonly allocation: Allocation }
  /** With `cachePrefix`: examples whose states are kept so far, from 0 on, and when all are. */
  | { readonly type: 'filling'; readonly epoch: number; readonly done: number; readonly total: number }
  | { readonly type: 'prefix'; readonly epoch: number; readonly prefix: KeptPrefix }
  | {
      readonly type: 'step';
      readonly epoch: number;
      /** Step within the epoch and over all epochs, from 1. */
      readonly step: number;
      readonly globalStep: number;
      readonly totalSteps: number;
      readonly loss: number;
      readonly examples: number;
      /** The schedule's factor on the learning rates. */
      readonly factor: number;
    };

export interface TrainingOptions {
  readonly engine: Engine;
  readonly model: TrainableModel;
  readonly method: AttachedMethod;
  readonly objective: Objective;
  readonly train: BatchSource;
  readonly epochs: number;
  readonly batchSize: number;
  /** η of adapter values (`encoder`) and of the head's, before the schedule. */
  readonly learningRates: Readonly<Record<ParameterRole, number>>;
  /** Default: `linearSchedule` over all steps. */
  readonly schedule?: Schedule;
  readonly optimiser?: AdamWOptions;
  /** Bound on the gradients' global norm; default 1, 0 switches clipping off. */
  readonly maxGradientNorm?: number;
  /** Seed of data order and dropout; default 0. */
  readonly seed?: number;
  /** Whether dropout is on; default true. */
  readonly dropout?: boolean;
  /**
   * Keeps what the model's frozen stages (those below the first that trains) give for every training example in a file of
   * that folder, which must exist: it is computed once, instead of in every epoch, and again when the trainables change.
   * Takes a `StagedModel`, and a source that gives the same example whenever it is asked for one. There is no dropout in the
   * frozen stages then. The file is taken away when training ends, however it ends short of the process being killed.
   * Default: nothing is kept.
   */
  readonly cachePrefix?: { readonly folder: string };
  /**
   * Writes the run's state to a file, from which it can be resumed: at the end of every epoch, before `afterEpoch`; when the
   * signal stops it after a step; and in between as the options say. Default: nothing is written.
   */
  readonly checkpoint?: CheckpointOptions;
  /**
   * Goes on from a state, on a model with the same base weights and a method that was attached to it with the same options
   * and has not trained. The run then ends with the same values, to the last bit on the same engine, as the one that was
   * interrupted would have. What had been done is not reported again.
   */
  readonly resume?: TrainingState;
  /** Between two steps. With `checkpoint`, the state is written before `train` throws. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
  /** Called after each epoch; training waits for it. */
  readonly afterEpoch?: (epoch: number, meanLoss: number) => Promise<void>;
}

/** Every option of `TrainingOptions`. */
const known: Readonly<Record<keyof TrainingOptions, true>> = {
  engine: true,
  model: true,
  method: true,
  objective: true,
  train: true,
  epochs: true,
  batchSize: true,
  learningRates: true,
  schedule: true,
  optimiser: true,
  maxGradientNorm: true,
  seed: true,
  dropout: true,
  cachePrefix: true,
  checkpoint: true,
  resume: true,
  signal: true,
  onEvent: true,
  afterEpoch: true,
};

/** @throws when an option is unknown, missing or out of range */
export function checkOptions(options: TrainingOptions): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    throw new TypeError(`train: unknown option ${name}; known: ${Object.keys(known).join(', ')}`);
  }
  const { epochs, batchSize, train: source, maxGradientNorm, model, cachePrefix, checkpoint } = options;
  if (!objectives.includes(options.objective)) {
    throw new TypeError(`train: objective must be one of ${objectives.join(', ')}; got ${options.objective}`);
  }
  checkCheckpoint(checkpoint);
  const whole = (name: string, value: number): void => {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new Error(`train: ${name} must be an integer of at least 1; got ${value}`);
    }
  };
  whole('epochs', epochs);
  whole('batchSize', batchSize);
  if (source.size === 0) throw new Error('train: the training set is empty');
  // For callers without types: a rate that is not there is one of `undefined`.
  const rates: Partial<TrainingOptions['learningRates']> = { ...options.learningRates };
  for (const name of ['encoder', 'head'] as const) {
    const rate = rates[name] ?? NaN;
    if (!(rate >= 0 && Number.isFinite(rate))) {
      throw new Error(`train: learningRates.${name} must be finite and not negative; got ${rates[name]}`);
    }
  }
  if (maxGradientNorm !== undefined && !(maxGradientNorm >= 0)) {
    throw new Error(`train: maxGradientNorm must not be negative; got ${maxGradientNorm}`);
  }
  if (cachePrefix !== undefined && !isStaged(model)) {
    throw new Error(
      'train: cachePrefix needs a model in stages (StagedModel of @ggm-peft/adapters); got one without them',
    );
  }
}
