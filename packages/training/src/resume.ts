/** A run put back to where its state says that it stood. */
import { assignValues } from '@ggm-peft/adapters';
import type { AttachedMethod } from '@ggm-peft/adapters';

import { readOptions } from './optimiser-options.js';
import type { TrainingOptions } from './training-options.js';
import { TrainingStateError } from './training-state.js';
import type { PlanRecord, TrainingState } from './training-state.js';

/** The options on which a run's values depend. */
export function planOf(options: TrainingOptions): PlanRecord {
  const { objective, train: source, epochs, batchSize, learningRates, method } = options;
  const { seed = 0, dropout = true, maxGradientNorm = 1, cachePrefix } = options;
  const { beta1, beta2, epsilon, weightDecay } = readOptions(options.optimiser ?? {});
  const plan = {
    method: method.name,
    objective,
    examples: source.size,
    epochs,
    batchSize,
    'learningRates.encoder': learningRates.encoder,
    'learningRates.head': learningRates.head,
    'optimiser.beta1': beta1,
    'optimiser.beta2': beta2,
    'optimiser.epsilon': epsilon,
    'optimiser.weightDecay': weightDecay,
    maxGradientNorm,
    seed,
    dropout,
    cachePrefix: cachePrefix !== undefined,
  };
  return Object.fromEntries(Object.entries(plan).map(([name, value]) => [name, String(value)]));
}

/**
 * Gives the method its progress and the trainables their values.
 * @throws TrainingStateError when the state belongs to another run
 */
export async function restoreRun(
  { plan, progress, values }: TrainingState,
  expected: PlanRecord,
  method: AttachedMethod,
): Promise<void> {
  for (const [name, value] of Object.entries(expected)) {
    if (plan[name] === value) continue;
    throw new TrainingStateError(
      `train: resume must be a state of the same run: its ${name} is ${plan[name] ?? 'not known'}, here it is ${value}`,
    );
  }
  await method.resume(progress);
  const trainables = method.trainables();
  const names = trainables.map(({ name, variable }) => `${name} [${variable.shape.join(', ')}]`);
  const stored = [...values].map(([name, { shape }]) => `${name} [${shape.join(', ')}]`);
  const odd = names.find((name, i) => stored[i] !== name) ?? stored[names.length];
  if (odd !== undefined) {
    throw new TrainingStateError(
      `train: resume must hold the values that train, in their order; ${odd} is in only one of the two`,
    );
  }
  for (const { name, variable } of trainables) {
    const value = values.get(name);
    if (value !== undefined) assignValues(variable, value.data);
  }
}
