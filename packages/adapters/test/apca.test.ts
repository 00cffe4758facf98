import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import {
  ApcaMethod,
  attachMethod,
  baseIdentity,
  countTrainables,
  loadAdapter,
  restoreMethod,
  saveAdapter,
} from '../src/index.js';
import type { Reallocation } from '../src/index.js';
import { ToyModel, toyInputs } from './toy-model.js';

const rank = 4;
/** 3 sites × 4 components and 3 encoder biases. */
const nodeCount = 15;

let model: ToyModel;
let x: tf.Tensor2D;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});
beforeEach(() => {
  model = new ToyModel();
  x = toyInputs(6);
});
afterEach(() => {
  model.dispose();
  x.dispose();
});

const outputs = (m: ToyModel = model): Promise<Float32Array> =>
  tf.tidy(() => m.forward(x)).data() as Promise<Float32Array>;

/** One step of plain gradient descent on a quadratic loss, reported to the method. */
async function step(method: ApcaMethod, index: number): Promise<void> {
  const target = tf.tidy(() => toyInputs(6, 200 + index).slice([0, 0], [6, 2]));
  const trainables = method.trainables();
  const { value, grads } = tf.variableGrads(
    () => tf.mean(tf.square(tf.sub(model.forward(x), target))),
    trainables.map(({ variable }) => variable),
  );
  const gradients = new Map<string, tf.Tensor>();
  for (const { name, variable } of trainables) {
    const gradient = grads[variable.name];
    if (gradient === undefined) throw new Error(`${name} has no gradient`);
    gradients.set(name, gradient);
    tf.tidy(() => {
      variable.assign(tf.sub(variable, tf.mul(gradient, 0.05)));
    });
  }
  await method.afterStep(gradients);
  tf.dispose([value, grads, target]);
}

/** The method's schedule with a few steps an epoch, up to and including the selection. */
async function trainToSelection(method: ApcaMethod, steps = 12): Promise<Reallocation> {
  for (let epoch = 0; epoch < 2; epoch++) {
    expect(await method.startEpoch(epoch)).toBeNull();
    for (let i = 0; i < steps; i++) await step(method, epoch * steps + i);
  }
  const reallocation = await method.startEpoch(2);
  if (reallocation === null) throw new Error('nothing was allocated');
  return reallocation;
}

describe('ApcaMethod.attach', () => {
  it('changes nothing that the model computes', async () => {
    const before = await outputs();
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    const after = await outputs();
    after.forEach((value, i) => {
      expect(value).toBeCloseTo(before[i] ?? NaN, 5);
    });
    method.dispose();
  });

  it('trains all components and biases, and the head', async () => {
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    expect(method.nodes).toHaveLength(nodeCount);
    expect(countTrainables(method.trainables())).toEqual({
      adapter: rank * (24 + 24 + 20) + 12 + 12 + 8,
      head: 2 * 8 + 2,
      total: rank * 68 + 32 + 18,
    });
    method.dispose();
  });

  it('reports each decomposition', async () => {
    const seen: string[] = [];
    const method = await ApcaMethod.attach(model, {
      rank,
      targetNodes: 6,
      importantNodes: 2,
      onSite: (done, total, site) => seen.push(`${done}/${total} ${site}`),
    });
    expect(seen).toEqual(['query', 'key', 'value'].map((name, i) => `${i + 1}/3 encoder.layer.0.${name}`));
    method.dispose();
  });

  it.each([
    [
      { rank: 9 },
      'apca: rank must be an integer in 1..8, the smaller side of encoder.layer.0.value [8, 12]; got 9',
    ],
    [{ rank: 0 }, 'rank must be an integer in 1..12'],
    [
      { rank, targetNodes: 16 },
      `apca: targetNodes must be an integer in 1..${nodeCount}, the number of nodes`,
    ],
    [
      { rank, targetNodes: 5, importantNodes: 6 },
      'apca: importantNodes must be an integer in 0..5 (targetNodes); got 6',
    ],
  ])('refuses %j before it changes the model', async (options, message) => {
    const before = await outputs();
    await expect(ApcaMethod.attach(model, options)).rejects.toThrow(message);
    expect(await outputs()).toEqual(before);
    expect(model.layers.every(({ pair }) => pair === null)).toBe(true);
  });

  it('refuses a model that carries an adapter already', async () => {
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    await expect(ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 })).rejects.toThrow(
      'apca: encoder.layer.0.query carries an adapter already',
    );
    method.dispose();
  });
});

describe('the schedule', () => {
  it('needs three epochs and two steps in each', async () => {
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    expect(() => {
      method.checkPlan({ epochs: 2, stepsPerEpoch: 10 });
    }).toThrow('apca: epochs must be at least 3');
    expect(() => {
      method.checkPlan({ epochs: 3, stepsPerEpoch: 1 });
    }).toThrow('needs at least 2 samples');
    method.checkPlan({ epochs: 3, stepsPerEpoch: 2 });
    await expect(method.allocate()).rejects.toThrow('needs at least 2 samples of scores; got 0');
    method.dispose();
  });

  it('collects one sample of positive scores a step in the second epoch only', async () => {
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    await method.startEpoch(0);
    await step(method, 0);
    expect(method.samples).toHaveLength(0);
    await method.startEpoch(1);
    await step(method, 1);
    await step(method, 2);
    expect(method.samples).toHaveLength(2);
    for (const sample of method.samples) {
      expect(sample).toHaveLength(nodeCount);
      expect(sample.every((score) => score > 0 && Number.isFinite(score))).toBe(true);
    }
    method.dispose();
  });
});

describe('the selection', () => {
  it('keeps K nodes, the important ones first, and leaves the outputs as they are', async () => {
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    const all = countTrainables(method.trainables());
    for (let epoch = 0; epoch < 2; epoch++) {
      await method.startEpoch(epoch);
      for (let i = 0; i < 12; i++) await step(method, epoch * 12 + i);
    }
    const before = await outputs();
    const reallocation = await method.startEpoch(2);
    const after = await outputs();
    after.forEach((value, i) => {
      expect(value).toBeCloseTo(before[i] ?? NaN, 5);
    });
    const allocation = reallocation?.allocation;
    expect(allocation?.selected).toHaveLength(6);
    expect(new Set(allocation?.selected).size).toBe(6);
    expect(allocation?.selected.slice(0, 2)).toEqual(allocation?.important);
    expect(allocation?.samples).toBe(12);
    const sizes = allocation?.selected.map((id) => allocation.nodes[id]?.size ?? NaN) ?? [];
    const counts = countTrainables(method.trainables());
    expect(counts.adapter).toBe(sizes.reduce((sum, size) => sum + size, 0));
    expect(counts.adapter).toBeLessThan(all.adapter);
    expect(counts.head).toBe(all.head);
    method.dispose();
  });

  it('freezes what is not selected', async () => {
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    await trainToSelection(method);
    const trained = new Set(method.trainables().map(({ variable }) => variable));
    const frozen = model.parameters.filter(({ variable }) => !trained.has(variable));
    const before = await Promise.all(frozen.map(({ variable }) => variable.data()));
    await step(method, 50);
    const after = await Promise.all(frozen.map(({ variable }) => variable.data()));
    expect(after).toEqual(before);
    expect(method.observesSteps).toBe(false);
    method.dispose();
  });

  it('says where the optimiser finds the moments of a slimmed pair', async () => {
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    const { origins, allocation } = await trainToSelection(method);
    for (const { name, variable } of method.trainables().filter(({ name }) => /\.[ab]$/.test(name))) {
      const origin = origins.get(name);
      const site = name.slice(0, -2);
      const components = allocation.selected
        .map((id) => allocation.nodes[id]?.name ?? '')
        .filter((node) => node.startsWith(`${site}.component.`))
        .map((node) => Number(node.split('.').at(-1)))
        .sort((i, j) => i - j);
      expect(origin).toEqual({ axis: name.endsWith('.a') ? 1 : 0, indices: components });
      expect(variable.shape[origin?.axis ?? 0]).toBe(components.length);
    }
    method.dispose();
  });

  it('happens once', async () => {
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    await trainToSelection(method);
    expect(await method.startEpoch(3)).toBeNull();
    await expect(method.allocate()).rejects.toThrow('allocated already');
    method.dispose();
  });

  it('leaves no tensors behind', async () => {
    const before = tf.memory().numTensors;
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    await trainToSelection(method);
    await method.state();
    method.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('saving and loading', () => {
  it('gives the same outputs to the last bit', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ggm-peft-adapter-'));
    const base = await baseIdentity('toy', model);
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    await trainToSelection(method);
    for (let i = 0; i < 3; i++) await step(method, 60 + i);
    await saveAdapter(folder, model, method, { base });

    const fresh = new ToyModel();
    expect(await loadAdapter(folder, fresh)).toMatchObject({ method: 'apca', base });
    expect(await outputs(fresh)).toEqual(await outputs());
    for (const linear of fresh.layers) tf.dispose([linear.pair?.a ?? [], linear.pair?.b ?? []]);
    fresh.dispose();
    method.dispose();
    await rm(folder, { recursive: true });
  });

  it('refuses to save before the selection, whose state restores the model all the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ggm-peft-adapter-'));
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    await method.startEpoch(0);
    await step(method, 60);
    const base = { id: 'toy', sha256: '' };
    await expect(saveAdapter(folder, model, method, { base })).rejects.toThrow(
      'saveAdapter: apca has selected no nodes, and trains all of them',
    );
    expect(await readdir(folder)).toEqual([]);
    const trained = await outputs();
    const state = await method.state();
    const heads = await Promise.all(
      model.parameters.filter(({ role }) => role === 'head').map(({ variable }) => variable.data()),
    );
    const fresh = new ToyModel();
    await restoreMethod(fresh, state);
    fresh.parameters
      .filter(({ role }) => role === 'head')
      .forEach(({ variable }, i) => {
        variable.assign(tf.tensor(heads[i] ?? [], variable.shape));
      });
    expect(await outputs(fresh)).toEqual(trained);
    for (const linear of fresh.layers) tf.dispose([linear.pair?.a ?? [], linear.pair?.b ?? []]);
    fresh.dispose();
    method.dispose();
    await rm(folder, { recursive: true });
  });

  it.each(['full', 'bitfit', 'head'] as const)('works for %s', async (name) => {
    const folder = await mkdtemp(join(tmpdir(), 'ggm-peft-adapter-'));
    const base = await baseIdentity('toy', model);
    const method = await attachMethod(model, name);
    for (const { variable } of method.trainables())
      tf.tidy(() => {
        variable.assign(tf.mul(variable, 1.5));
      });
    await saveAdapter(folder, model, method, { base });
    const fresh = new ToyModel();
    expect(await loadAdapter(folder, fresh)).toMatchObject({ method: name, base });
    expect(await outputs(fresh)).toEqual(await outputs());
    fresh.dispose();
    await rm(folder, { recursive: true });
  });

  it('refuses tensors that do not fit, are missing, or are too many', async () => {
    const { tensors } = await (await attachMethod(model, 'bitfit')).state();
    const with3 = new Map([
      ...tensors,
      ['encoder.layer.0.query.bias', { shape: [3], data: new Float32Array(3) }],
    ]);
    await expect(restoreMethod(model, { method: 'bitfit', tensors: with3, layout: {} })).rejects.toThrow(
      'restoreMethod: tensor encoder.layer.0.query.bias must be [12]; got [3]',
    );
    const unknown = new Map([...tensors, ['nowhere.bias', { shape: [3], data: new Float32Array(3) }]]);
    await expect(restoreMethod(model, { method: 'bitfit', tensors: unknown, layout: {} })).rejects.toThrow(
      'the model has no place for tensor nowhere.bias',
    );
    await expect(restoreMethod(model, { method: 'full', tensors, layout: {} })).rejects.toThrow(
      'restoreMethod: the adapter lacks tensor encoder.layer.0.query.weight',
    );
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    const state = await method.state();
    await expect(restoreMethod(model, state)).rejects.toThrow(
      'encoder.layer.0.query carries an adapter already',
    );
    method.dispose();
    const fewer = new Map([...state.tensors].filter(([name]) => !name.endsWith('key.bias')));
    await expect(restoreMethod(model, { ...state, tensors: fewer })).rejects.toThrow(
      'restoreMethod: the adapter lacks tensor encoder.layer.0.key.bias',
    );
    await expect(
      restoreMethod(model, { method: 'apca', tensors: new Map(), layout: { sites: [{ name: 'x' }] } }),
    ).rejects.toThrow('layout.sites[0] must hold name, rank and selected');
  });
});

describe('dispose', () => {
  it('leaves a model that computes the same without adapters, before and after training', async () => {
    const base = await outputs();
    const untrained = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    untrained.dispose();
    expect(model.layers.every(({ pair }) => pair === null)).toBe(true);
    (await outputs()).forEach((value, i) => {
      expect(value).toBeCloseTo(base[i] ?? NaN, 5);
    });
    const method = await ApcaMethod.attach(model, { rank, targetNodes: 6, importantNodes: 2 });
    await trainToSelection(method);
    await step(method, 70);
    const trained = await outputs();
    method.dispose();
    (await outputs()).forEach((value, i) => {
      expect(value).toBeCloseTo(trained[i] ?? NaN, 5);
    });
    expect([...trained]).not.toEqual([...base]);
  });
});

describe('the other methods', () => {
  it.each([
    ['full', ['query.weight', 'query.bias', 'key.weight', 'key.bias', 'value.weight', 'value.bias']],
    ['bitfit', ['query.bias', 'key.bias', 'value.bias']],
    ['head', []],
  ] as const)('%s trains its share and the head', async (name, expected) => {
    const method = await attachMethod(model, name);
    expect(method.trainables().map((trainable) => trainable.name.replace('encoder.layer.0.', ''))).toEqual([
      ...expected,
      'classifier.weight',
      'classifier.bias',
    ]);
  });
});
