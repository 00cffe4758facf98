/** An embedding table as a site: components, training, selection, and the way back from a file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { ApcaMethod, baseIdentity, Embedding, Linear, loadAdapter, saveAdapter } from '../src/index.js';
import type { AdaptableLayer, AdaptableModel, Parameter, ParameterRole } from '../src/index.js';
import { toyValues } from './toy-model.js';

const entries = 10;
const width = 6;

/** Words → their vectors' mean → tanh(query) → head. */
class ToyTextModel implements AdaptableModel {
  readonly layers: readonly AdaptableLayer[];
  readonly parameters: readonly Parameter[];
  readonly words: Embedding;
  readonly #query: Linear;
  readonly #head: Linear;

  constructor() {
    const parameters: Parameter[] = [];
    const add = (name: string, shape: number[], role: ParameterRole): Parameter => {
      const size = shape.reduce((product, side) => product * side, 1);
      const variable = tf.variable(tf.tensor(toyValues(size, parameters.length), shape));
      const parameter = { name, variable, role };
      parameters.push(parameter);
      return parameter;
    };
    this.words = new Embedding('encoder.words', add('encoder.words.weight', [entries, width], 'encoder'));
    const linear = (name: string, out: number, role: ParameterRole): Linear =>
      new Linear(name, add(`${name}.weight`, [out, width], role), add(`${name}.bias`, [out], role));
    this.#query = linear('encoder.query', width, 'encoder');
    this.#head = linear('head', 2, 'head');
    this.layers = [this.words, this.#query, this.#head];
    this.parameters = parameters;
  }

  /** @param ids int32 [batch, length] @returns [batch, 2] */
  forward(ids: tf.Tensor): tf.Tensor {
    return this.#head.apply(tf.tanh(this.#query.apply(tf.mean(this.words.lookUp(ids), 1))));
  }

  dispose(): void {
    for (const { variable } of this.parameters) variable.dispose();
  }
}

const ids = (): tf.Tensor => tf.tensor2d([1, 4, 4, 0, 9, 7, 2, 3], [2, 4], 'int32');
const values = async (x: tf.Tensor): Promise<number[]> => [...(await x.data())];

let model: ToyTextModel;
beforeEach(() => {
  model = new ToyTextModel();
});
afterEach(() => {
  model.dispose();
});

describe('Embedding', () => {
  it('looks up rows of W + A B', async () => {
    const a = tf.variable(tf.tensor(toyValues(entries * 2, 31), [entries, 2]));
    const b = tf.variable(tf.tensor(toyValues(2 * width, 32), [2, width]));
    model.words.setPair({ a, b });
    const whole = tf.add(model.words.weight.variable, tf.matMul(a, b));
    const [got, expected] = [model.words.lookUp(ids()), tf.gather(whole, ids())];
    expect(got.shape).toEqual([2, 4, width]);
    const want = await values(expected);
    (await values(got)).forEach((value, i) => {
      expect(value).toBeCloseTo(want[i] ?? Number.NaN, 6);
    });
    model.words.setPair(null);
  });

  it('refuses a weight that is no matrix, by its own name', () => {
    const variable = tf.variable(tf.zeros([3]));
    expect(() => new Embedding('words', { name: 'words.weight', variable, role: 'encoder' })).toThrow(
      'Embedding words: weight must be a matrix; got [3]',
    );
  });
});

describe('apca on an embedding', () => {
  const options = { rank: 3, targetNodes: 4, importantNodes: 2, sites: ['words', 'query'] };

  function gradientsOf(method: ApcaMethod): Map<string, tf.Tensor> {
    const trainables = method.trainables();
    const { grads } = tf.variableGrads(
      () => tf.mean(tf.square(model.forward(ids()))),
      trainables.map(({ variable }) => variable),
    );
    return new Map(
      trainables.map(({ name, variable }) => [name, grads[variable.name] ?? tf.zerosLike(variable)]),
    );
  }

  async function step(method: ApcaMethod): Promise<void> {
    const gradients = gradientsOf(method);
    for (const { name, variable } of method.trainables()) {
      const gradient = gradients.get(name);
      if (gradient !== undefined) variable.assign(tf.sub(variable, tf.mul(gradient, 0.1)));
    }
    await method.afterStep(gradients);
  }

  it('changes nothing that the model computes, and gives the words gradients', async () => {
    const before = await values(model.forward(ids()));
    const method = await ApcaMethod.attach(model, options);
    (await values(model.forward(ids()))).forEach((value, i) => {
      expect(value).toBeCloseTo(before[i] ?? Number.NaN, 6);
    });
    const gradient = gradientsOf(method).get('encoder.words.a');
    expect(gradient?.shape).toEqual([entries, 3]);
    const rows = await values(tf.sum(tf.abs(gradient ?? tf.zeros([1])), 1));
    // Words 5, 6 and 8 do not occur.
    expect(rows.map((size) => size > 0)).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      true,
      false,
      true,
    ]);
    method.dispose();
  });

  it('comes back from a file to the last bit after the selection', async () => {
    const base = await baseIdentity('toy', model);
    const method = await ApcaMethod.attach(model, options);
    expect(method.nodes.filter(({ name }) => name.startsWith('encoder.words.component'))).toHaveLength(3);
    for (const epoch of [0, 1]) {
      await method.startEpoch(epoch);
      for (let i = 0; i < 4; i++) await step(method);
    }
    expect((await method.startEpoch(2))?.allocation.selected).toHaveLength(4);
    await step(method);
    const folder = await mkdtemp(join(tmpdir(), 'ggm-peft-embedding-'));
    await saveAdapter(folder, model, method, { base });
    const fresh = new ToyTextModel();
    await loadAdapter(folder, fresh);
    expect(await values(fresh.forward(ids()))).toEqual(await values(model.forward(ids())));
    for (const { pair } of fresh.layers) tf.dispose([pair?.a ?? [], pair?.b ?? []]);
    fresh.dispose();
    method.dispose();
    await rm(folder, { recursive: true });
  });
});
