/** tfjs models as adaptable models: what they compute, train, save and load, with adapters and without. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import {
  adaptLayersModel,
  ApcaMethod,
  attachMethod,
  baseIdentity,
  findSites,
  loadAdapter,
  methodNames,
  modelFolder,
  restoreMethod,
  saveAdapter,
} from '../src/index.js';
import type { AdaptedLayersModel, AttachedMethod, LayersModelOptions, MethodName } from '../src/index.js';
import { convolutionalModel, floats, functionalModel, ids, sequentialModel } from './layers-models.js';

/** Outputs in (0, 1) and logits of order 1, in float32: what a changed order of additions may do. */
const digits = 5;

interface Case {
  readonly make: () => tf.LayersModel;
  /** By the names of the input layers. */
  readonly inputs: () => Record<string, tf.Tensor>;
  readonly sites: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  sequential: {
    make: sequentialModel,
    inputs: () => ({ hidden_input: floats(50, 2, 8) }),
    sites: ['hidden', 'middle'],
  },
  convolutional: {
    make: convolutionalModel,
    inputs: () => ({ conv_input: floats(50, 2, 4, 4, 1) }),
    sites: ['hidden'],
  },
  functional: {
    make: functionalModel,
    inputs: () => ({ ids: ids(), x: floats(50, 2, 6) }),
    sites: ['shared', 'inner.first', 'step'],
  },
};

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

/** What tfjs itself computes. */
function predict(model: tf.LayersModel, inputs: Record<string, tf.Tensor>): number[] {
  return tf.tidy(() => {
    const ordered = model.inputs.map(({ sourceLayer: { name } }) => inputs[name] ?? tf.scalar(NaN));
    return [...(model.predict(ordered) as tf.Tensor).dataSync()];
  });
}

const logitsOf = (model: AdaptedLayersModel, inputs: Record<string, tf.Tensor>): number[] =>
  tf.tidy(() => [...model.logits(inputs, null).dataSync()]);

function expectClose(actual: readonly number[], expected: readonly number[], places = digits): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] ?? NaN, places);
  });
}

/** One step of gradient descent on everything that trains, towards small logits. */
function descend(model: AdaptedLayersModel, method: AttachedMethod, inputs: Record<string, tf.Tensor>): void {
  tf.tidy(() => {
    const trainables = method.trainables();
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.square(tf.sub(model.logits(inputs, null), 0.7))).asScalar(),
      trainables.map(({ variable }) => variable),
    );
    for (const { name, variable } of trainables) {
      const gradient = grads[variable.name];
      if (gradient === undefined) throw new Error(`${name} has no gradient`);
      variable.assign(tf.sub(variable, tf.mul(gradient, 0.05)));
    }
  });
}

const allocation = { rank: 2, targetNodes: 3, importantNodes: 1 };

function attach(
  model: AdaptedLayersModel,
  name: MethodName,
  sites: readonly string[],
): Promise<AttachedMethod> {
  switch (name) {
    case 'apca':
      return attachMethod(model, name, { ...allocation, sites });
    case 'pissa':
    case 'lora':
      return attachMethod(model, name, { rank: 2, sites, encoderBiases: true });
    case 'adalora':
      return attachMethod(model, name, { initialRank: 2, targetRank: 1, sites });
    case 'full':
    case 'bitfit':
    case 'head':
      return attachMethod(model, name);
  }
}

describe.each(Object.entries(cases))('a %s model', (_, { make, inputs: makeInputs, sites }) => {
  let base: tf.LayersModel;
  let inputs: Record<string, tf.Tensor>;
  let plain: number[];
  let tensors: number;
  beforeEach(() => {
    base = make();
    inputs = makeInputs();
    plain = predict(base, inputs);
    tensors = tf.memory().numTensors;
  });
  afterEach(() => {
    base.dispose();
    tf.dispose(inputs);
  });

  it('computes what it did, to the last bit, while it carries nothing', () => {
    const adapted = adaptLayersModel(base);
    expect(predict(base, inputs)).toEqual(plain);
    const probabilities = tf.tidy(() => [...tf.softmax(adapted.logits(inputs, null)).dataSync()]);
    // One sigmoid p is the second of two classes' probabilities 1 − p and p.
    expectClose(plain.length === 2 ? probabilities.filter((_p, i) => i % 2 === 1) : probabilities, plain);
    expect(logitsOf(adaptedAgain(adapted, { gives: 'outputs' }), inputs)).toEqual(plain);
  });

  function adaptedAgain(adapted: AdaptedLayersModel, options: LayersModelOptions): AdaptedLayersModel {
    adapted.detach();
    return adaptLayersModel(base, options);
  }

  it('computes what it did, up to rounding, with components attached, and by tfjs the same', async () => {
    const adapted = adaptLayersModel(base);
    const before = logitsOf(adapted, inputs);
    await attachMethod(adapted, 'apca', { ...allocation, sites });
    expectClose(logitsOf(adapted, inputs), before);
    expectClose(predict(base, inputs), plain);
  });

  it.each(methodNames)('trains with %s what that names, and nothing else', async (name) => {
    const adapted = adaptLayersModel(base);
    const method = await attach(adapted, name, sites);
    const trained = new Set(method.trainables().map(({ variable }) => variable));
    const before = adapted.parameters.map(({ variable }) => [...variable.dataSync()]);
    const logits = logitsOf(adapted, inputs);
    descend(adapted, method, inputs);
    expect(logitsOf(adapted, inputs)).not.toEqual(logits);
    for (const [i, { name: parameter, variable, fixed = false }] of adapted.parameters.entries()) {
      const same = variable.dataSync().every((value, k) => value === before[i]?.[k]);
      expect([parameter, same]).toEqual([parameter, !trained.has(variable)]);
      expect([parameter, fixed]).toEqual([parameter, parameter.includes('moving_')]);
      if (name === 'full') expect([parameter, same]).toEqual([parameter, fixed]);
    }
  });

  it('is the plain model with the trained values after merge and detach', async () => {
    const adapted = adaptLayersModel(base);
    const method = await attachMethod(adapted, 'apca', { ...allocation, sites });
    descend(adapted, method, inputs);
    const trained = predict(base, inputs);
    expect(Math.max(...trained.map((p, i) => Math.abs(p - (plain[i] ?? NaN))))).toBeGreaterThan(0.01);
    adapted.merge();
    adapted.detach();
    expectClose(predict(base, inputs), trained);
    expect(Object.keys(Object.getOwnPropertyDescriptors(base.layers.at(-1)))).not.toContain('call');
    expect(tf.memory().numTensors).toBe(tensors);
    adaptLayersModel(base).detach(); // once more: nothing is left of the first time
  });

  it("saves the trained values by tfjs's own save, merged or still attached", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'layers-model-'));
    try {
      const adapted = adaptLayersModel(base);
      const method = await attachMethod(adapted, 'apca', { ...allocation, sites });
      descend(adapted, method, inputs);
      const trained = predict(base, inputs);
      const reloaded = async (): Promise<number[]> => {
        await base.save(modelFolder(folder));
        const fresh = await tf.loadLayersModel(modelFolder(folder));
        const found = predict(fresh, inputs);
        fresh.dispose();
        return found;
      };
      expectClose(await reloaded(), trained);
      const kept = tf.memory().numTensors;
      await base.save(modelFolder(folder));
      expect(tf.memory().numTensors).toBe(kept); // reading weights keeps one copy of each, not one a save
      method.dispose();
      expectClose(await reloaded(), trained);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each(methodNames)(
    'is restored to the last bit from the base model and what %s trained',
    async (name) => {
      const folder = await mkdtemp(join(tmpdir(), 'layers-model-'));
      try {
        await base.save(modelFolder(join(folder, 'base')));
        const adapted = adaptLayersModel(base);
        const identity = await baseIdentity('base', adapted);
        const method = await attach(adapted, name, sites);
        descend(adapted, method, inputs);
        if (method instanceof ApcaMethod) {
          const samples = Array.from({ length: 12 }, (_s, row) =>
            Float64Array.from(method.nodes, (_n, node) => 1 + Math.sin(3 * row + 5 * node * node)),
          );
          await method.allocate(samples);
          descend(adapted, method, inputs);
        }
        const fresh = adaptLayersModel(await tf.loadLayersModel(modelFolder(join(folder, 'base'))));
        if (method.pending === null) {
          await saveAdapter(folder, adapted, method, { base: identity });
          expect((await loadAdapter(folder, fresh)).method).toBe(name);
        } else {
          await expect(saveAdapter(folder, adapted, method, { base: identity })).rejects.toThrow(name);
          await restoreMethod(fresh, await method.state());
          adapted.parameters.forEach(({ role, variable }, i) => {
            if (role === 'head') fresh.parameters[i]?.variable.assign(variable);
          });
        }
        expect(logitsOf(fresh, inputs)).toEqual(logitsOf(adapted, inputs));
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});

describe('adaptLayersModel', () => {
  it('names layers by their place, and the last Dense is the head', () => {
    const { layers, parameters } = adaptLayersModel(functionalModel());
    expect(layers.map(({ name }) => name)).toEqual(['shared', 'each.step', 'inner.first', 'choice']);
    expect(parameters.map(({ name }) => name)).toContain('both.recurrent_kernel_1');
    expect(parameters.filter(({ role }) => role === 'head').map(({ name }) => name)).toEqual([
      'choice.kernel',
      'choice.bias',
    ]);
  });

  it('has every Dense layer below the head as default sites', () => {
    const names = findSites(adaptLayersModel(functionalModel())).map(({ name }) => name);
    expect(names).toEqual(['shared', 'each.step', 'inner.first']);
  });

  it('takes a layer once, by the name of its first place', () => {
    const x = tf.input({ shape: [3] });
    const first = tf.layers.dense({ name: 'first', units: 3, inputShape: [3] });
    const inner = tf.sequential({ name: 'inner', layers: [first] });
    const y = first.apply(inner.apply(x)) as tf.SymbolicTensor;
    const out = tf.layers.dense({ name: 'out', units: 2 }).apply(y) as tf.SymbolicTensor;
    const { layers } = adaptLayersModel(tf.model({ inputs: x, outputs: out }));
    expect(layers.map(({ name }) => name)).toEqual(['inner.first', 'out']);
  });

  it('takes other layers as the head, or none', () => {
    const base = sequentialModel();
    const some = adaptLayersModel(base, { head: ['middle', /^norm$/] });
    expect(some.parameters.filter(({ role }) => role === 'head').map(({ name }) => name)).toEqual([
      'norm.gamma',
      'norm.beta',
      'middle.kernel',
    ]);
    some.detach();
    expect(adaptLayersModel(base, { head: [] }).parameters.every(({ role }) => role === 'encoder')).toBe(
      true,
    );
  });

  it('computes W x + s A diag(λ) B x in a layer', async () => {
    const base = sequentialModel();
    const [hidden] = adaptLayersModel(base).layers;
    if (hidden === undefined) throw new Error('no layer');
    const kernel = [...(await hidden.weight.variable.data())];
    const x = floats(60, 2, 8);
    const pair = {
      a: tf.variable(floats(61, 6, 2)),
      b: tf.variable(floats(62, 2, 8)),
      diagonal: tf.variable(floats(63, 2)),
      scale: 3,
    };
    hidden.setPair(pair);
    const { merged, expected } = tf.tidy(() => {
      const product = tf.matMul(pair.a.mul(pair.diagonal).mul(3), pair.b); // [out, in]
      const sum = tf.add(tf.tensor2d(kernel, [8, 6]), product.transpose());
      const y = tf.matMul(x.as2D(2, 8), sum).add(hidden.bias?.variable ?? 0);
      return { merged: [...sum.dataSync()], expected: [...y.dataSync()] };
    });
    expectClose([...hidden.apply(x).dataSync()], expected);
    expectClose([...(base.getWeights()[0]?.dataSync() ?? [])], merged);
  });

  it('drops what Dropout layers and pairs drop, from the source that it is given', () => {
    const adapted = adaptLayersModel(sequentialModel());
    const [hidden] = adapted.layers;
    hidden?.setPair({ a: tf.variable(floats(61, 6, 2)), b: tf.variable(floats(62, 2, 8)), dropout: 0.25 });
    const asked: [number[], number][] = [];
    const source = {
      apply: <T extends tf.Tensor>(x: T, rate: number): T => {
        asked.push([x.shape, rate]);
        return tf.zerosLike(x);
      },
    };
    const inputs = { x: floats(50, 2, 8) };
    const dropped = [...adapted.logits(inputs, source).dataSync()];
    expect(asked).toEqual([
      [[2, 8], 0.25],
      [[2, 6], 0.5],
    ]);
    expectClose(dropped.slice(0, 3), dropped.slice(3)); // nothing of the input is left
    expect(logitsOf(adapted, inputs)).not.toEqual(dropped);
    expect(asked).toHaveLength(2);
  });

  it('shares a mask along the sides that a noise shape says', () => {
    const base = tf.sequential({
      layers: [
        tf.layers.dropout({ rate: 0.5, noiseShape: [null, 1] as unknown as number[], inputShape: [3] }),
        tf.layers.dense({ units: 2 }),
      ],
    });
    const shapes: number[][] = [];
    const source = {
      apply: <T extends tf.Tensor>(x: T): T => {
        shapes.push(x.shape);
        return x;
      },
    };
    adaptLayersModel(base).logits({ x: floats(1, 4, 3) }, source);
    expect(shapes).toEqual([[4, 1]]);
  });

  it('trains layers that were frozen for fit, and marks them as frozen again when detached', async () => {
    const base = sequentialModel();
    for (const layer of base.layers) layer.trainable = false;
    const adapted = adaptLayersModel(base);
    const method = await attachMethod(adapted, 'full');
    descend(adapted, method, { x: floats(50, 2, 8) });
    expect(method.trainables()).toHaveLength(7);
    expect(base.trainableWeights).toHaveLength(0);
    adapted.detach();
    expect(adapted.parameters.some(({ variable }) => variable.trainable)).toBe(false);
  });

  it('leaves weights that were frozen one by one as they were marked', () => {
    const base = sequentialModel();
    const [kernel] = base.weights;
    if (kernel === undefined) throw new Error('no kernel');
    kernel.trainable = false;
    const adapted = adaptLayersModel(base);
    expect(adapted.parameters[0]).toMatchObject({ name: 'hidden.kernel', role: 'encoder' });
    expect(adapted.parameters[0]?.fixed).toBeUndefined();
    expect(base.trainableWeights).not.toContain(kernel);
    adapted.detach();
    expect(base.trainableWeights).toHaveLength(6);
  });

  it('leaves summary, evaluate and call hooks working, and refuses fit and setWeights, under an adapter', async () => {
    const base = sequentialModel();
    const adapted = adaptLayersModel(base);
    const method = await attachMethod(adapted, 'apca', { ...allocation, sites: ['hidden'] });
    const lines: string[] = [];
    base.summary(100, undefined, (line: string) => lines.push(line));
    expect(lines.join()).toContain('Total params: 126');
    const seen: number[][] = [];
    base.getLayer('hidden').setCallHook((x) => {
      for (const { shape } of [x].flat()) seen.push(shape);
    });
    base.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
    const [x, y] = [floats(50, 2, 8), floats(51, 2, 3)];
    const loss = base.evaluate(x, y) as tf.Scalar;
    const expected = predict(base, { hidden_input: x }).map((p, i) => (p - (y.dataSync()[i] ?? NaN)) ** 2);
    expect(loss.dataSync()[0]).toBeCloseTo(expected.reduce((sum, e) => sum + e, 0) / 6, digits);
    expect(seen.length).toBeGreaterThan(0);
    await expect(base.fit(x, y)).rejects.toThrow(/array of variables/);
    expect(() => {
      base.setWeights(base.getWeights());
    }).toThrow(/hidden: the kernel carries an adapter/);
    method.dispose();
    adapted.detach();
    await base.fit(x, y);
  });

  it('refuses to detach while the computation would change', async () => {
    const adapted = adaptLayersModel(sequentialModel());
    await attachMethod(adapted, 'apca', { ...allocation, sites: ['middle'] });
    expect(() => {
      adapted.detach();
    }).toThrow(/middle carries an adapter/);
  });

  const dense = (units: number, more: object = {}) => tf.layers.dense({ units, inputShape: [3], ...more });
  const refused: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'no model',
      () => adaptLayersModel(JSON.parse('{}') as tf.LayersModel),
      /must be a tf.LayersModel.*got Object/,
    ],
    ['a model that is not built', () => adaptLayersModel(tf.sequential()), /not built/],
    [
      'a model without Dense layers',
      () => adaptLayersModel(tf.sequential({ layers: [tf.layers.flatten({ inputShape: [3, 1] })] })),
      /no Dense layer.*Flatten/,
    ],
    [
      'a head pattern that matches nothing',
      () => adaptLayersModel(sequentialModel(), { head: ['classifier'] }),
      /head pattern classifier matches no layer.*hidden, norm, middle, out/,
    ],
    [
      'a head that is no list',
      () => adaptLayersModel(sequentialModel(), { head: 'out' } as unknown as LayersModelOptions),
      /head must be an array of names or regular expressions; got out; write \['out'\]/,
    ],
    [
      'an unknown option',
      () => adaptLayersModel(sequentialModel(), { heads: [] } as LayersModelOptions),
      /unknown option "heads".*"head"/,
    ],
    [
      'outputs of more sides',
      () => adaptLayersModel(tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4, 3] })] })),
      /must give \[batch, outputs\].*\[batch, 4, 2\]/,
    ],
    [
      'several outputs',
      () => {
        const x = tf.input({ shape: [3] });
        const y = dense(2).apply(x) as tf.SymbolicTensor;
        return adaptLayersModel(
          tf.model({ inputs: x, outputs: [y, dense(1).apply(x) as tf.SymbolicTensor] }),
        );
      },
      /must have one output/,
    ],
    [
      'a sigmoid of several units',
      () => adaptLayersModel(tf.sequential({ layers: [dense(2, { activation: 'sigmoid' })] })),
      /final sigmoid must have 1 unit.*has 2/,
    ],
    [
      'a final softmax that is used before as well',
      () => {
        const x = tf.input({ shape: [3] });
        const layer = dense(3, { activation: 'softmax' });
        const y = layer.apply(layer.apply(x)) as tf.SymbolicTensor;
        return adaptLayersModel(tf.model({ inputs: x, outputs: y }));
      },
      /used in several places/,
    ],
    [
      'weights that two layers share',
      () => {
        const model = tf.sequential({ layers: [dense(3, { name: 'one' }), dense(3, { name: 'two' })] });
        const [one, two] = model.layers;
        if (one === undefined || two === undefined) throw new Error('no layers');
        two.trainableWeights = one.trainableWeights;
        return adaptLayersModel(model);
      },
      /one and two share the weight two.kernel/,
    ],
    [
      'a model that is adapted already',
      () => {
        const model = sequentialModel();
        adaptLayersModel(model);
        return adaptLayersModel(model);
      },
      /hidden is adapted already/,
    ],
    [
      'symbolic inputs',
      () => {
        const model = sequentialModel();
        const symbolic = model.inputs[0] as unknown as tf.Tensor;
        return adaptLayersModel(model).logits({ x: symbolic }, null);
      },
      /input x must be a tf.Tensor; got a SymbolicTensor/,
    ],
    [
      'inputs of other names',
      () => adaptLayersModel(functionalModel()).logits({ ids: ids(), y: floats(1, 2, 6) }, null),
      /inputs must be x, ids; got ids, y/,
    ],
  ];
  it.each(refused)('refuses %s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
