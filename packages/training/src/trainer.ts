/**
 * The training loop: epochs of shuffled batches, AdamW under a schedule, an evaluation after every epoch. It knows
 * neither the model nor the method: what trains, and when that changes, is the attached method's business.
 */
import * as tf from '@tensorflow/tfjs';
import { firstTrainedStage, isStaged } from '@ggm-peft/adapters';
import type { ParameterRole } from '@ggm-peft/adapters';
import type { CompiledStep } from '@ggm-peft/engine';
import { seededGenerator, shuffledOrder } from '@ggm-peft/random';

import { adamW } from './adamw.js';
import { cutIntoBatches } from './batches.js';
import { Checkpoints } from './checkpoints.js';
import { TrainingDivergedError } from './diverged.js';
import { inputFeed } from './feed.js';
import type { Feed } from './feed.js';
import { nextTask } from './next-task.js';
import { cuttingFor } from './parts.js';
import { prefixFeed } from './prefix-feed.js';
import { planOf, restoreRun } from './resume.js';
import { linearSchedule } from './schedule.js';
import { checkOptions } from './training-options.js';
import type { TrainingOptions } from './training-options.js';
import { compileTrainingStep, runBatch, splitOutputs } from './training-step.js';
import type { TrainingPosition } from './training-state.js';

/** The stream of the run's seed that shuffles; dropout has a stream of its own name. */
const orderStream = 1;

const theStart: TrainingPosition = { epoch: 0, begun: false, step: 0, globalStep: 0, draw: 0, lossSum: 0 };

/**
 * Trains the model.
 * @throws when an option is out of range, the method cannot work with the plan, it ends without having done its work
 *   (`AttachedMethod.pending`), or the loss is no longer finite;
 *   PrefixCacheError when the frozen prefix's output cannot be kept; TrainingStateError when `resume` belongs to another run
 */
export async function train(options: TrainingOptions): Promise<void> {
  const { engine, model, method, objective, train: source, epochs, batchSize, learningRates } = options;
  const { seed = 0, dropout: useDropout = true, maxGradientNorm = 1, signal, resume } = options;
  const onEvent = options.onEvent ?? (() => undefined);
  checkOptions(options);
  const stepsPerEpoch = Math.ceil(source.size / batchSize);
  const totalSteps = stepsPerEpoch * epochs;
  method.checkPlan({ epochs, stepsPerEpoch });
  const schedule = options.schedule ?? linearSchedule(totalSteps);
  const plan = planOf(options);
  if (resume !== undefined) await restoreRun(resume, plan, method);

  const optimiser = adamW(engine, method.trainables(), {
    ...options.optimiser,
    maxNorm: maxGradientNorm,
  });
  const dropout = useDropout ? { seed } : null;
  // Together with the seed, `draw` determines a training step's dropout masks.
  let { epoch, begun, step: stepsDone, globalStep, draw, lossSum } = resume?.position ?? theStart;
  const checkpoints = new Checkpoints(options.checkpoint, () => ({
    plan,
    position: { epoch, begun, step: stepsDone, globalStep, draw, lossSum },
    trainables: method.trainables(),
    optimiser,
    method,
  }));
  // What runs a batch; for other trainables it is made anew.
  let feed: Feed | null = null;
  let step: CompiledStep | null = null;
  try {
    if (resume !== undefined) optimiser.restore(resume.optimiser);
    for (; epoch < epochs; [epoch, begun, stepsDone, lossSum] = [epoch + 1, false, 0, 0]) {
      if (!begun) {
        await checkpoints.writeIfDue();
        if (epoch === method.settledEpoch && epoch > 0) onEvent({ type: 'allocating', epoch });
        const reallocation = await method.startEpoch(epoch);
        begun = true;
        if (reallocation !== null) {
          optimiser.reallocate(reallocation.trainables, reallocation.origins);
          await giveBack();
          onEvent({ type: 'allocation', epoch, allocation: reallocation.allocation });
        }
      }
      if (feed === null || step === null) {
        feed = await chooseFeed(options, epoch);
        if (feed.prefix !== null) onEvent({ type: 'prefix', epoch, prefix: feed.prefix });
        step = compileTrainingStep(
          engine,
          model,
          method.trainables(),
          objective,
          dropout,
          feed.logits,
          method.regulariser,
        );
      }
      onEvent({ type: 'epoch', epoch, steps: stepsPerEpoch, done: stepsDone });
      const order = shuffledOrder(source.size, seededGenerator(seed, orderStream, epoch));
      for (const indices of cutIntoBatches(order, batchSize).slice(stepsDone)) {
        await nextTask();
        if (signal?.aborted === true) {
          await checkpoints.writeIfNew();
          signal.throwIfAborted();
        }
        const factor = schedule(globalStep);
        const rates = { encoder: learningRates.encoder * factor, head: learningRates.head * factor };
        const where = `epoch ${epoch + 1}, step ${stepsDone + 1}`;
        const lossValue = await takeStep(feed, step, indices, rates, where);
        stepsDone++;
        globalStep++;
        lossSum += lossValue * indices.length;
        onEvent({
          type: 'step',
          epoch,
          step: stepsDone,
          globalStep,
          totalSteps,
          loss: lossValue,
          examples: indices.length,
          factor,
        });
        if (stepsDone === stepsPerEpoch) await checkpoints.write();
        else await checkpoints.writeIfDue();
      }
      await options.afterEpoch?.(epoch, lossSum / source.size);
    }
    if (method.pending !== null) throw new Error(`train: ${method.name} ${method.pending}`);
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
        const { labels } = source.batch(indices);
        throw new TrainingDivergedError(
          `train: the loss is ${lossValue} at ${where}: training diverged; ` +
            `try lower learning rates (now ${learningRates.encoder} and ${learningRates.head} for the head)` +
            (objective === 'regression'
              ? ''
              : `; classes must be 0..outputs-1 (this batch has labels ${Math.min(...labels)} to ${Math.max(...labels)})`),
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
