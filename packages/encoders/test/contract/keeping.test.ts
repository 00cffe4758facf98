/** What every method promises about being stored, gone on with, switched off and merged, on every model. */
import { AdapterSet, assignValues, baseIdentity, saveAdapter } from '@ggm-peft/adapters';
import type { AttachedMethod, MethodProgress, TrainableModel } from '@ggm-peft/adapters';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { contractMethods } from './methods.js';
import { contractModels } from './models.js';
import { gradientsOf, logitsOf, plan, trainBy } from './run.js';

/** Merging adds a product to weights in single precision: relative to the largest logit. */
const mergeTolerance = 2e-6;

const rate = 0.05;
const totalSteps = plan.epochs * plan.stepsPerEpoch;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

const cases = contractModels.flatMap((contract) =>
  contractMethods.map((entry) => ({ title: `${entry.title} on ${contract.name}`, contract, entry })),
);

describe.each(cases)('$title', ({ contract, entry }) => {
  let folder: string;
  let tensors: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ggm-peft-keeping-'));
    tensors = tf.memory().numTensors;
  });
  afterEach(async () => {
    expect(tf.memory().numTensors).toBe(tensors);
    await rm(folder, { recursive: true });
  });

  it('is switched off and on, merged and taken out again, from its folder', async () => {
    const source = contract.create();
    const base = await baseIdentity(contract.name, source);
    const method = await entry.attach(source, contract.sites);
    await trainBy(source, method, contract);
    await saveAdapter(folder, source, method, { base });
    const trained = await logitsOf(source, contract);
    method.dispose();
    source.dispose();

    const model = contract.create();
    const logits = (): Promise<number[]> => logitsOf(model, contract);
    const plain = await logits();
    const set = await AdapterSet.over(contract.name, model);
    await set.add('trained', folder);
    expect(await logits()).toEqual(plain);
    set.use('trained');
    expect(await logits()).toEqual(trained);
    expect(trained).not.toEqual(plain);
    set.merge();
    expect(model.layers.every(({ pair }) => pair === null)).toBe(true);
    const scale = Math.max(...trained.map(Math.abs));
    (await logits()).forEach((value, i) => {
      expect(Math.abs(value - (trained[i] ?? NaN))).toBeLessThan(mergeTolerance * scale);
    });
    set.unmerge();
    expect(await logits()).toEqual(trained);
    set.use(null);
    expect(await logits()).toEqual(plain);
    set.dispose();
    model.dispose();
  });

  it.each([2, 9, 14])('goes on after step %d as if it had not stopped', async (stop) => {
    const create = async (): Promise<[TrainableModel & { dispose(): void }, AttachedMethod]> => {
      const model = contract.create();
      const method = await entry.attach(model, contract.sites);
      method.checkPlan(plan);
      return [model, method];
    };
    const train = async (
      model: TrainableModel,
      method: AttachedMethod,
      from: number,
      to: number,
    ): Promise<void> => {
      for (let step = from; step < to; step++) {
        if (step % plan.stepsPerEpoch === 0) await method.startEpoch(step / plan.stepsPerEpoch);
        const gradients = gradientsOf(model, method, contract);
        for (const { name, variable } of method.trainables())
          tf.tidy(() => {
            variable.assign(tf.sub(variable, tf.mul(gradients.get(name) ?? NaN, rate)));
          });
        if (method.observesSteps) await method.afterStep(gradients);
        tf.dispose([...gradients.values()]);
      }
    };
    const [left, leftMethod] = await create();
    await train(left, leftMethod, 0, stop);
    const progress = copied(await leftMethod.progress());
    const values = await Promise.all(
      leftMethod.trainables().map(async ({ variable }) => Float32Array.from(await variable.data())),
    );
    await train(left, leftMethod, stop, totalSteps);
    const expected = await logitsOf(left, contract);

    const [model, method] = await create();
    await method.resume(progress);
    for (const [i, { variable }] of method.trainables().entries()) {
      assignValues(variable, values[i] ?? new Float32Array());
    }
    await train(model, method, stop, totalSteps);
    expect(await logitsOf(model, contract)).toEqual(expected);
    expect(method.trainables().map(({ name }) => name)).toEqual(
      leftMethod.trainables().map(({ name }) => name),
    );
    expect(method.allocation?.selected).toEqual(leftMethod.allocation?.selected);
    for (const each of [method, leftMethod, model, left]) each.dispose();
  });
});

/** A progress that no later step changes, as a file would hold it. */
function copied({ tensors, data }: MethodProgress): MethodProgress {
  const copies = [...tensors].map(
    ([name, { shape, data: values }]) => [name, { shape, data: values.slice() }] as const,
  );
  return { tensors: new Map(copies), data: JSON.parse(JSON.stringify(data)) as MethodProgress['data'] };
}
