/** What every method promises, on every model. */
import { countTrainables, restoreMethod } from '@ggm-peft/adapters';
import type { AttachedMethod, TrainableModel } from '@ggm-peft/adapters';
import { seededGenerator } from '@ggm-peft/random';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { contractMethods } from './methods.js';
import { contractModels } from './models.js';
import { gradientsOf, logitsOf, lossOf, trainBy } from './run.js';

/** Attaching and folding add and take away products in single precision. */
const rounding = 2e-5;

/** How far finite differences move one variable: less than what takes a unit of DistilBERT's head over its ReLU's kink. */
const distance = 0.002;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

const cases = contractModels.flatMap((contract) =>
  contractMethods.map((entry) => ({ title: `${entry.title} on ${contract.name}`, contract, entry })),
);

describe.each(cases)('$title', ({ contract, entry }) => {
  let tensors: number;
  let model: TrainableModel & { dispose(): void };
  let method: AttachedMethod;
  let base: number[];

  beforeEach(async () => {
    tensors = tf.memory().numTensors;
    model = contract.create();
    base = await logitsOf(model, contract);
    method = await entry.attach(model, contract.sites);
  });
  afterEach(() => {
    method.dispose();
    model.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  const logits = (): Promise<number[]> => logitsOf(model, contract);

  it(`is the identity when it is attached, ${entry.exact ? 'to the last bit' : 'up to rounding'}`, async () => {
    if (entry.exact) expect(await logits()).toEqual(base);
    else expectClose(await logits(), base, rounding);
  });

  it('trains the values that its definition names, and the head', () => {
    const sites = model.layers.filter(({ pair }) => pair !== null);
    const counts = countTrainables(method.trainables());
    expect(counts.adapter).toBe(entry.trained({ model, sites }));
    const head = model.parameters.filter(({ role }) => role === 'head');
    expect(counts.head).toBe(head.reduce((sum, { variable }) => sum + variable.size, 0));
    expect(counts.total).toBe(counts.adapter + counts.head);
  });

  it('has the gradients that finite differences find', async () => {
    // One epoch in: at the start some gradients are zero, those of a factor whose partner is zero.
    await trainBy(model, method, contract, 1);
    const gradients = gradientsOf(model, method, contract);
    const generator = seededGenerator(11);
    for (const { name, variable } of method.trainables()) {
      const direction = Float32Array.from({ length: variable.size }, () =>
        generator.uniform() < 0.5 ? -1 : 1,
      );
      const step = distance / Math.sqrt(variable.size);
      const values = Float32Array.from(await variable.data());
      const lossAt = async (sign: 1 | -1): Promise<number> => {
        const moved = values.map((value, i) => value + sign * step * (direction[i] ?? 0));
        tf.tidy(() => {
          variable.assign(tf.tensor(moved, variable.shape));
        });
        const loss = lossOf(model, method, contract);
        const [value = NaN] = await loss.data();
        loss.dispose();
        return value;
      };
      const slope = ((await lossAt(1)) - (await lossAt(-1))) / (2 * step);
      tf.tidy(() => {
        variable.assign(tf.tensor(values, variable.shape));
      });
      const gradient = (await gradients.get(name)?.data()) ?? [];
      const expected = [...gradient].reduce((sum, value, i) => sum + value * (direction[i] ?? 0), 0);
      const size = Math.hypot(...gradient);
      expect(Math.abs(slope - expected)).toBeLessThan(5e-4 + 0.02 * size);
    }
    tf.dispose([...gradients.values()]);
  });

  it(entry.allocates ? 'allocates, and then trains less' : 'allocates nothing', async () => {
    const before = countTrainables(method.trainables());
    if (entry.allocates) expect(method.pending).toMatch(/^has /);
    await trainBy(model, method, contract);
    const after = countTrainables(method.trainables());
    expect(method.pending).toBeNull();
    if (!entry.allocates) {
      expect(method.allocation).toBeNull();
      expect(after).toEqual(before);
      return;
    }
    const { allocation } = method;
    const selected = allocation?.selected ?? [];
    expect(selected.length).toBeGreaterThan(0);
    expect(new Set(selected).size).toBe(selected.length);
    const size = selected.reduce((sum, id) => sum + (allocation?.nodes[id]?.size ?? NaN), 0);
    expect(after.adapter).toBe(size);
    expect(after.adapter).toBeLessThan(before.adapter);
    expect(after.head).toBe(before.head);
    // A site without a selected component carries nothing.
    for (const { name, pair } of model.layers) {
      const kept = selected.filter((id) => allocation?.nodes[id]?.name.startsWith(`${name}.component.`));
      expect(pair?.b.shape[0] ?? 0).toBe(kept.length);
    }
    // Only the selected values have gradients.
    const gradients = gradientsOf(model, method, contract);
    const sizes = [...gradients.values()].map((gradient) => gradient.size);
    expect(sizes.reduce((sum, each) => sum + each, 0)).toBe(after.total);
    tf.dispose([...gradients.values()]);
  });

  it('comes back from its state to the last bit', async () => {
    await trainBy(model, method, contract);
    const trained = await logits();
    const change = Math.max(...trained.map((value, i) => Math.abs(value - (base[i] ?? NaN))));
    expect(change).toBeGreaterThan(1e-3);
    const state = await method.state();
    expect(state.method).toBe(entry.name);
    const fresh = contract.create();
    await restoreMethod(fresh, state);
    copyHead(model, fresh);
    expect(await logitsOf(fresh, contract)).toEqual(trained);
    fresh.dispose();
  });

  it('tells what it added to each weight', async () => {
    const before = contract.create();
    await trainBy(model, method, contract);
    const deltas = await method.deltas();
    method.dispose(); // folds what was trained into the weights
    if (['full', 'bitfit', 'head'].includes(entry.name)) {
      expect(deltas.size).toBe(0);
    } else {
      expect(deltas.size).toBeGreaterThan(0);
      for (const [i, layer] of model.layers.entries()) {
        const { outFeatures: out, inFeatures: inn, name } = layer;
        const now = await layer.readWeight();
        const then = (await before.layers[i]?.readWeight()) ?? new Float32Array();
        const { a, b, rank } = deltas.get(name) ?? { a: [], b: [], rank: 0 };
        const changed = now.map((value, j) => value - (then[j] ?? NaN));
        if (layer.weight.role === 'head') continue;
        const sums = changed.map((_, j) => {
          const [o, column] = [Math.floor(j / inn), j % inn];
          let sum = 0;
          for (let k = 0; k < rank; k++) sum += (a[o * rank + k] ?? NaN) * (b[k * inn + column] ?? NaN);
          return sum;
        });
        expect(sums).toHaveLength(out * inn);
        expectClose([...sums], [...changed], rounding);
      }
    }
    before.dispose();
  });

  it('leaves a model that computes what it did when it is disposed of', async () => {
    await trainBy(model, method, contract);
    const trained = await logits();
    method.dispose();
    expect(model.layers.every(({ pair }) => pair === null)).toBe(true);
    expectClose(await logits(), trained, rounding);
  });
});

function copyHead(from: TrainableModel, to: TrainableModel): void {
  const values = new Map(from.parameters.map(({ name, variable }) => [name, variable]));
  for (const { name, variable, role } of to.parameters) {
    const source = values.get(name);
    if (role === 'head' && source !== undefined) variable.assign(source);
  }
}

function expectClose(values: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(values).toHaveLength(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  const worst = Math.max(...values.map((value, i) => Math.abs(value - (expected[i] ?? NaN))));
  expect(worst / scale).toBeLessThan(tolerance);
}
