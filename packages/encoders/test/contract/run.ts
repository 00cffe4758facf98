/** Plain gradient descent for contract tests, in the order in which a trainer calls a method. */
import type { AttachedMethod, TrainableModel } from '@ggm-peft/adapters';
import * as tf from '@tensorflow/tfjs';

import type { ContractModel } from './models.js';

/** The loss that trains: mean cross entropy, with the method's own term. */
export function lossOf(
  model: TrainableModel,
  { regulariser }: Pick<AttachedMethod, 'regulariser'>,
  { inputs, labels }: Pick<ContractModel, 'inputs' | 'labels'>,
): tf.Scalar {
  return tf.tidy(() => {
    const target = tf.oneHot(tf.tensor1d([...labels], 'int32'), 2);
    const terms = tf.mul(tf.cast(target, 'float32'), tf.logSoftmax(model.logits(inputs(), null)));
    const loss: tf.Scalar = tf.neg(tf.div(tf.sum(terms), labels.length));
    return regulariser === undefined ? loss : tf.add(loss, regulariser());
  });
}

/** The gradients of everything that trains, by the trainables' names. The caller disposes of them. */
export function gradientsOf(
  model: TrainableModel,
  method: AttachedMethod,
  contract: ContractModel,
): Map<string, tf.Tensor> {
  const trainables = method.trainables();
  const { value, grads } = tf.variableGrads(
    () => lossOf(model, method, contract),
    trainables.map(({ variable }) => variable),
  );
  value.dispose();
  return new Map(
    trainables.map(({ name, variable }) => {
      const gradient = grads[variable.name];
      if (gradient === undefined) throw new Error(`${name} has no gradient`);
      return [name, gradient];
    }),
  );
}

export const plan = { epochs: 3, stepsPerEpoch: 6 };
const rate = 0.05;

/** Trains by the plan, or its first epochs. */
export async function trainBy(
  model: TrainableModel,
  method: AttachedMethod,
  contract: ContractModel,
  epochs = plan.epochs,
): Promise<void> {
  method.checkPlan(plan);
  for (let epoch = 0; epoch < epochs; epoch++) {
    await method.startEpoch(epoch);
    for (let step = 0; step < plan.stepsPerEpoch; step++) {
      const gradients = gradientsOf(model, method, contract);
      for (const { name, variable } of method.trainables()) {
        tf.tidy(() => {
          const gradient = gradients.get(name) ?? tf.zerosLike(variable);
          variable.assign(tf.sub(variable, tf.mul(gradient, rate)));
        });
      }
      if (method.observesSteps) await method.afterStep(gradients);
      tf.dispose([...gradients.values()]);
    }
  }
}

/** The logits of the contract's batch. */
export async function logitsOf(model: TrainableModel, { inputs }: ContractModel): Promise<number[]> {
  const logits = tf.tidy(() => model.logits(inputs(), null));
  const values = [...(await logits.data())];
  logits.dispose();
  return values;
}
