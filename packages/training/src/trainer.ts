/**
 * The training loop: epochs of shuffled batches, AdamW under a schedule, an evaluation after every epoch. It knows
 * neither the model nor the method: what trains, and when that changes, is the attached method's business.
 */
import * as tf from '@tensorflow/tfjs';
import { firstTrainedStage, isStaged } from '@ggm-peft/adapters';
import type { Allocation, AttachedMethod, ParameterRole, TrainableModel } from '@ggm-peft/adapters';
import type { CompiledStep, Engine } from '@ggm-peft/engine';
import { seededGenerator, shuffledOrder } from '@ggm-peft/random';

import { adamW } from './adamw.js';
import { cutIntoBatches } from './batches.js';
import type { BatchSource } from './batches.js';
import type { Objective } from './loss.js';
import { TrainingDivergedError } from './diverged.js';
import { inputFeed } from './feed.js';
import type { Feed, KeptPrefix } from './feed.js';
import type { AdamWOptions } from './optimiser-options.js';
import { nextTask } from './next-task.js';
import { cuttingFor } from './parts.js';
import { prefixFeed } from './prefix-feed.js';
import { linearSchedule } from './schedule.js';
import type { Schedule } from './schedule.js';
import { compileTrainingStep, runBatch, splitOutputs } from './training-step.js';

/** The stream of the run's seed that shuffles; dropout has a stream of its own name. */
const orderStream = 1;

/** What the loop reports while it runs. */
export type TrainingEvent =
  | { readonly type: 'epoch'; readonly epoch: number; readonly steps: number }
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
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
  /** Called after each epoch; training waits for it. */
  readonly afterEpoch?: (epoch: number, meanLoss: number) => Promise<void>;
}

/**
 * Trains the model.
 * @throws when an option is out of range, the method cannot work with the plan, or the loss is no longer finite;
 *   PrefixCacheError when the frozen prefix's output cannot be kept
 */
export async function train(options: TrainingOptions): Promise<void> {
  const { engine, model, method, objective, train: source, epochs, batchSize, learningRates } = options;
  const { seed = 0, dropout: useDropout = true, maxGradientNorm = 1, signal } = options;
  const onEvent = options.onEvent ?? (() => undefined);
  checkOptions(options);
  const stepsPerEpoch = Math.ceil(source.size / batchSize);
  const totalSteps = stepsPerEpoch * epochs;
  method.checkPlan({ epochs, stepsPerEpoch });
  const schedule = options.schedule ?? linearSchedule(totalSteps);

  const optimiser = adamW(engine, method.trainables(), {
    ...options.optimiser,
    maxNorm: maxGradientNorm,
  });
  const dropout = useDropout ? { seed } : null;
  // What runs a batch; for other trainables it is made anew.
  let feed: Feed | null = null;
  let step: CompiledStep | null = null;
  let globalStep = 0;
  // Runs of the training step so far: with the seed, they determine each run's dropout masks.
  let draw = 0;
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      if (epoch === method.settledEpoch && epoch > 0) onEvent({ type: 'allocating', epoch });
      const reallocation = await method.startEpoch(epoch);
      if (reallocation !== null) {
        optimiser.reallocate(reallocation.trainables, reallocation.origins);
        await giveBack();
        onEvent({ type: 'allocation', epoch, allocation: reallocation.allocation });
      }
      if (feed === null || step === null) {
        feed = await chooseFeed(options, epoch);
        if (feed.prefix !== null) onEvent({ type: 'prefix', epoch, prefix: feed.prefix });
        step = compileTrainingStep(engine, model, method.trainables(), objective, dropout, feed.logits);
      }
      onEvent({ type: 'epoch', epoch, steps: stepsPerEpoch });
      const order = shuffledOrder(source.size, seededGenerator(seed, orderStream, epoch));
      let lossSum = 0;
      for (const [index, indices] of cutIntoBatches(order, batchSize).entries()) {
        await nextTask();
        signal?.throwIfAborted();
        const factor = schedule(globalStep);
        const rates = { encoder: learningRates.encoder * factor, head: learningRates.head * factor };
        const lossValue = await takeStep(feed, step, indices, rates, `epoch ${epoch + 1}, step ${index + 1}`);
        globalStep++;
        lossSum += lossValue * indices.length;
        onEvent({
          type: 'step',
          epoch,
          step: index + 1,
          globalStep,
          totalSteps,
          loss: lossValue,
          examples: indices.length,
          factor,
        });
      }
      await options.afterEpoch?.(epoch, lossSum / source.size);
    }
  } finally {
    optimiser.dispose();
    await giveBack();
  }

  async function giveBack(): Promise<void> {
    await step?.dispose();
    await feed?.dispose();
    step = feed = null;
  }

  /** One optimiser step on a batch; returns the batch's loss. */
  async function takeStep(
    from: Feed,
    compiled: CompiledStep,
    indices: readonly number[],
    rates: Readonly<Record<ParameterRole, number>>,
    where: string,
  ): Promise<number> {
    const trainables = method.trainables();
    const kept: tf.Tensor[] = [];
    try {
      const outputs = await runBatch(
        (tensors) => compiled.run(tensors, { draw: draw++ }),
        from,
        indices,
        cuttingFor(engine, batchSize, from.longest),
      );
      kept.push(...Object.values(outputs));
      const { loss, gradients } = splitOutputs(outputs, trainables);
      const lossValue = (await loss.data())[0] ?? NaN;
      if (!Number.isFinite(lossValue)) {
        throw new TrainingDivergedError(
          `train: the loss is ${lossValue} at ${where}: training diverged; ` +
            `try lower learning rates (now ${learningRates.encoder} and ${learningRates.head} for the head)`,
        );
      }
      optimiser.step(gradients, rates);
      if (method.observesSteps) {
        // What the method sees is what the optimiser saw, as with PyTorch, which clips in place.
        const clipped = optimiser.clipped(gradients);
        kept.push(...clipped.values());
        await method.afterStep(clipped);
      }
      return lossValue;
    } finally {
      tf.dispose(kept);
    }
  }
}

/** The model's inputs, or what its frozen stages give for them where that is wanted and there are any. */
async function chooseFeed(
  { engine, model, method, train: source, cachePrefix, signal, onEvent }: TrainingOptions,
  epoch: number,
): Promise<Feed> {
  if (cachePrefix === undefined || !isStaged(model)) return inputFeed(model, source);
  const trainables = method.trainables();
  const stage = firstTrainedStage(model, trainables);
  if (stage === 0) return inputFeed(model, source, { stage, examples: 0, bytes: 0, seconds: 0 });
  return prefixFeed({
    engine,
    model,
    trainables,
    source,
    stage,
    folder: cachePrefix.folder,
    signal,
    onProgress: (done) => onEvent?.({ type: 'filling', epoch, done, total: source.size }),
  });
}

function checkOptions({
  epochs,
  batchSize,
  learningRates,
  train: source,
  maxGradientNorm,
  model,
  cachePrefix,
}: TrainingOptions): void {
  const whole = (name: string, value: number): void => {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new Error(`train: ${name} must be an integer of at least 1; got ${value}`);
    }
  };
  whole('epochs', epochs);
  whole('batchSize', batchSize);
  if (source.size === 0) throw new Error('train: the training set is empty');
  for (const [name, rate] of Object.entries(learningRates)) {
    if (!(rate >= 0 && Number.isFinite(rate))) {
      throw new Error(`train: learningRates.${name} must be finite and not negative; got ${rate}`);
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
