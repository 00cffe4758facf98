/** One training step: compiled for what trains, run on a batch in parts. */
import type { DropoutSource, Trainable, TrainableModel } from '@ggm-peft/adapters';
import type { CompiledStep, Engine, NamedTensors, StreamOptions } from '@ggm-peft/engine';
import * as tf from '@tensorflow/tfjs';

import type { Feed, ForwardPass } from './feed.js';
import { taskLoss } from './loss.js';
import type { Objective } from './loss.js';
import { frozenVariables, modelVariables } from './model-variables.js';
import { cutByLength } from './parts.js';
import type { Cutting } from './parts.js';

/** Runs a batch, in parts of similar length where that saves padding, and adds up the parts' losses and gradients. */
export async function runBatch(
  run: (inputs: NamedTensors) => Promise<NamedTensors>,
  feed: Feed,
  indices: readonly number[],
  cutting: Cutting,
): Promise<NamedTensors> {
  let sums: NamedTensors | null = null;
  for (const part of cutByLength(indices, feed.length, cutting)) {
    const tensors = await feed.tensors(part);
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
 * @param forward from the batch, labels and weights excepted, to logits; default: the model's whole forward pass
 * @param regulariser a term that is added to the task's loss; default none
 */
export function compileTrainingStep(
  engine: Engine,
  model: TrainableModel,
  trainables: readonly Trainable[],
  objective: Objective,
  dropout: StreamOptions | null,
  forward: ForwardPass = (inputs, masks) => model.logits(inputs, masks),
  regulariser?: () => tf.Scalar,
): CompiledStep {
  const trained = trainables.map(({ variable }) => variable);
  const variables = [...new Set([...modelVariables(model), ...trained])];
  const frozen = frozenVariables(variables, trainables);
  const step = (
    { labels, weights, ...inputs }: NamedTensors,
    masks: DropoutSource | null,
  ): Record<string, tf.Tensor> => {
    if (labels === undefined) throw new Error('train: the batch has no labels');
    const { value, grads } = tf.variableGrads(() => {
      const loss = taskLoss(objective, forward(inputs, masks), labels, weights);
      if (regulariser === undefined) return loss;
      // A part of a batch counts for the share of its examples, so that the parts together count once.
      const share = weights === undefined ? tf.scalar(1) : tf.sum(weights);
      return tf.add(loss, tf.mul(share, regulariser())).asScalar();
    }, trained);
    const outputs: Record<string, tf.Tensor> = { loss: value };
    for (const { name, variable } of trainables) {
      const gradient = grads[variable.name];
      if (gradient === undefined) throw new Error(`train: ${name} has no gradient`);
      outputs[gradientKey(name)] = gradient;
    }
    return outputs;
  };
  return dropout === null
    ? engine.compile((inputs) => step(inputs, null), { variables, frozen })
    : engine.compile((inputs, streams) => step(inputs, streams.dropout), {
        variables,
        frozen,
        streams: { dropout },
      });
}

const gradientKey = (name: string): string => `gradient ${name}`;

/** The loss and the gradients by trainable name that a step gave. */
export function splitOutputs(
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
