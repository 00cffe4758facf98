/**
 * The example: a tfjs model of digits learns to read digits that are turned by a quarter, by training a few of its principal
 * components, and is saved in both ways: as an adapter for the base model, and as a plain model.
 */
import { join } from 'node:path';
import {
  adaptLayersModel,
  attachMethod,
  baseIdentity,
  countTrainables,
  loadAdapter,
  modelFolder,
  saveAdapter,
} from '@ggm-peft/adapters';
import { startEngine } from '@ggm-peft/engine';
import { arraySource, train } from '@ggm-peft/training';
import * as tf from '@tensorflow/tfjs';

import { drawDigits, side } from './digits.js';
import { accuracy, makeModel, predictions, pretrain } from './pretrained.js';

export interface ExampleResult {
  /** Share of upright digits that the base model reads. */
  readonly upright: number;
  /** Share of turned digits that it reads, before and after fine-tuning. */
  readonly before: number;
  readonly after: number;
  /** Nodes in all, and selected. */
  readonly nodes: number;
  readonly selected: number;
  /** Values trained at the end, head included, and the model's parameters. */
  readonly trained: number;
  readonly parameters: number;
  /** Largest difference of a probability from the fine-tuned model's: base model with the adapter, and the plain model. */
  readonly restoredDifference: number;
  readonly mergedDifference: number;
}

/**
 * @param folder an existing folder for what is saved
 * @param log is given a line for each step
 */
export async function runExample(folder: string, log: (line: string) => void): Promise<ExampleResult> {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const engine = await startEngine('wasm');
  try {
    // A model of any kind: this one is trained here, by tfjs alone.
    const base = makeModel();
    await pretrain(base, drawDigits(2000, 1, false));
    const upright = accuracy(base, drawDigits(500, 2, false));
    const test = drawDigits(500, 3, true);
    const before = accuracy(base, test);
    log(`Base model      reads ${percent(upright)} of upright digits, ${percent(before)} of turned ones`);
    await base.save(modelFolder(join(folder, 'base')));

    // Its Dense layers get components; what trains is selected among them and the biases.
    const model = adaptLayersModel(base);
    const identity = await baseIdentity('upright digits', model);
    const method = await attachMethod(model, 'apca', {
      sites: ['strokes', 'shapes'],
      rank: 32,
      targetNodes: 24,
      importantNodes: 10,
    });
    const digits = drawDigits(2000, 4, true);
    await train({
      engine,
      model,
      method,
      objective: 'classification',
      train: arraySource(
        { pixels: { data: digits.pixels, shape: [digits.labels.length, side * side] } },
        digits.labels,
      ),
      epochs: 8,
      batchSize: 32,
      learningRates: { encoder: 0.01, head: 0.01 },
    });
    const { allocation } = method;
    if (allocation === null) throw new Error('runExample: nothing was allocated');
    const { total: trained } = countTrainables(method.trainables());
    const parameters = base.countParams();
    const after = accuracy(base, test);
    log(`Fine-tuned      reads ${percent(after)} of turned digits`);
    log(
      `Trained         ${allocation.selected.length} of ${allocation.nodes.length} nodes and the head: ` +
        `${trained} of the model's ${parameters} values`,
    );

    // The adapter alone, for whoever has the base model.
    await saveAdapter(folder, model, method, { base: identity });
    const tuned = predictions(base, test);
    const fresh = await tf.loadLayersModel(modelFolder(join(folder, 'base')));
    await loadAdapter(folder, adaptLayersModel(fresh));
    const restoredDifference = largestDifference(predictions(fresh, test), tuned);
    log(`Restored        from base model and adapter: probabilities differ by ${restoredDifference}`);

    // Or a plain model, for whoever has tfjs alone.
    method.dispose();
    model.detach();
    await base.save(modelFolder(join(folder, 'tuned')));
    const plain = await tf.loadLayersModel(modelFolder(join(folder, 'tuned')));
    const mergedDifference = largestDifference(predictions(plain, test), tuned);
    log(`Merged          and loaded by tfjs: probabilities differ by ${mergedDifference.toExponential(0)}`);
    return {
      upright,
      before,
      after,
      nodes: allocation.nodes.length,
      selected: allocation.selected.length,
      trained,
      parameters,
      restoredDifference,
      mergedDifference,
    };
  } finally {
    await engine.dispose();
  }
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0);
}
