/**
 * The training loop: epochs of shuffled batches, AdamW under a schedule, an evaluation after every epoch. It knows
 * neither the model nor the method: what trains, and when that changes, is the attached method's business.
 */
import * as tf from '@tensorflow/tfjs';
import type {
  Allocation,
  AttachedMethod,
  DropoutSource,
  ParameterRole,
  Trainable,
  TrainableModel,
} from '@ggm-peft/adapters';
import type { CompiledStep, Engine, NamedTensors, StreamOptions } from '@ggm-peft/engine';
import { seededGenerator, shuffledOrder } from '@ggm-peft/random';

import { adamW } from './adamw.js';
import { cutIntoBatches, longestLength } from './batches.js';
import type { BatchSource } from './batches.js';
import { taskLoss } from './loss.js';
import type { Objective } from './loss.js';
import { TrainingDivergedError } from './diverged.js';
import type { AdamWOptions } from './optimiser-options.js';
import { nextTask } from './next-task.js';
import { batchTensors, modelVariables } from './predict.js';
import { cutByLength, cuttingFor, filledRows } from './parts.js';
import type { Cutting } from './parts.js';
import { linearSchedule } from './schedule.js';
import type { Schedule } from './schedule.js';

/** The stream of the run's seed that shuffles; dropout has a stream of its own name. */
const orderStream = 1;

/** What the loop reports while it runs. */
export type TrainingEvent =
  | { readonly type: 'epoch'; readonly epoch: number; readonly steps: number }
  | { readonly type: 'allocating'; readonly epoch: number }
  | { readonly type: 'allocation'; readonly epoch: number; readonly allocation: Allocation }
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
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
  /** Called after each epoch; training waits for it. */
  readonly afterEpoch?: (epoch: number, meanLoss: number) => Promise<void>;
}

/**
 * Trains the model.
 * @throws when an option is out of range, the method cannot work with the plan, or the loss is no longer finite
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
  const cutting = cuttingFor(engine, batchSize, longestLength(source));
  const dropout = useDropout ? { seed } : null;
  const compile = (): CompiledStep =>
    compileTrainingStep(engine, model, method.trainables(), objective, dropout);
  let step = compile();
  let globalStep = 0;
  // Runs of the training step so far: with the seed, they determine each run's dropout masks.
  let draw = 0;
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      if (epoch === method.settledEpoch && epoch > 0) onEvent({ type: 'allocating', epoch });
      const reallocation = await method.startEpoch(epoch);
      if (reallocation !== null) {
        optimiser.reallocate(reallocation.trainables, reallocation.origins);
        await step.dispose();
        step = compile();
        onEvent({ type: 'allocation', epoch, allocation: reallocation.allocation });
      }
      onEvent({ type: 'epoch', epoch, steps: stepsPerEpoch });
      const order = shuffledOrder(source.size, seededGenerator(seed, orderStream, epoch));
      let lossSum = 0;
      for (const [index, indices] of cutIntoBatches(order, batchSize).entries()) {
        await nextTask();
        signal?.throwIfAborted();
        const factor = schedule(globalStep);
        const rates = { encoder: learningRates.encoder * factor, head: learningRates.head * factor };
        const lossValue = await takeStep(step, indices, rates, `epoch ${epoch + 1}, step ${index + 1}`);
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
    await step.dispose();
    optimiser.dispose();
  }

  /** One optimiser step on a batch; returns the batch's loss. */
  async function takeStep(
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
        source,
        indices,
        cutting,
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

/** Runs a batch, in parts of similar length where that saves padding, and adds up the parts' losses and gradients. */
async function runBatch(
  run: (inputs: NamedTensors) => Promise<NamedTensors>,
  source: BatchSource,
  indices: readonly number[],
  cutting: Cutting,
): Promise<NamedTensors> {
  let sums: NamedTensors | null = null;
  for (const part of cutByLength(indices, (index) => source.length(index), cutting)) {
    const tensors = batchTensors(source.batch(filledRows(part), part.length));
    const weights = new Float32Array(part.rows).fill(1 / indices.length, 0, part.indices.length);
    tensors['weights'] = tf.tensor1d(weights);
    let outputs: NamedTensors;
    try {
      outputs = await run(tensors);
    } finally {
      tf.dispose(tensors);
    }
    if (sums === null) {
      sums = outputs;
      continue;
    }
    for (const [name, output] of Object.entries(outputs)) {
      const sum = sums[name];
      if (sum === undefined) throw new Error(`train: the step gave ${name} for one part of a batch only`);
      sums[name] = tf.add(sum, output);
      sum.dispose();
      output.dispose();
    }
  }
  return sums ?? {};
}

/**
 * Compiles one training step: a batch in, `loss` and one gradient for every trainable out. An input `weights`
 * [batch] says what each example's loss counts in the batch's (default 1 / batch): nothing for a row that only fills up.
 * @param dropout the seed of the dropout masks, which are new for each draw; null switches dropout off
 */
export function compileTrainingStep(
  engine: Engine,
  model: TrainableModel,
  trainables: readonly Trainable[],
  objective: Objective,
  dropout: StreamOptions | null,
): CompiledStep {
  const trained = trainables.map(({ variable }) => variable);
  const variables = [...new Set([...modelVariables(model), ...trained])];
  const step = (
    { labels, weights, ...inputs }: NamedTensors,
    masks: DropoutSource | null,
  ): Record<string, tf.Tensor> => {
    if (labels === undefined) throw new Error('train: the batch has no labels');
    const { value, grads } = tf.variableGrads(
      () => taskLoss(objective, model.logits(inputs, masks), labels, weights),
      trained,
    );
    const outputs: Record<string, tf.Tensor> = { loss: value };
    for (const { name, variable } of trainables) {
      const gradient = grads[variable.name];
      if (gradient === undefined) throw new Error(`train: ${name} has no gradient`);
      outputs[gradientKey(name)] = gradient;
    }
    return outputs;
  };
  return dropout === null
    ? engine.compile((inputs) => step(inputs, null), { variables })
    : engine.compile((inputs, streams) => step(inputs, streams.dropout), { variables, streams: { dropout } });
}

const gradientKey = (name: string): string => `gradient ${name}`;

function splitOutputs(
  outputs: Readonly<Record<string, tf.Tensor>>,
  trainables: readonly Trainable[],
): { loss: tf.Tensor; gradients: Map<string, tf.Tensor> } {
  const take = (key: string): tf.Tensor => {
    const tensor = outputs[key];
    if (tensor === undefined) throw new Error(`train: the step gave no ${key}`);
    return tensor;
  };
  return {
    loss: take('loss'),
    gradients: new Map(trainables.map(({ name }) => [name, take(gradientKey(name))])),
  };
}

function checkOptions({
  epochs,
  batchSize,
  learningRates,
  train: source,
  maxGradientNorm,
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
}
