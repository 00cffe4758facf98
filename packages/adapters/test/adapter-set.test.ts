/** Several adapters on one base: what is switched off leaves no bit behind. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { AdapterSet, attachMethod, baseIdentity, saveAdapter } from '../src/index.js';
import type { AttachedMethod, MethodName } from '../src/index.js';
import { toyInputs, ToyModel } from './toy-model.js';

const apcaOptions = { rank: 3, targetNodes: 6, importantNodes: 2 };
const adaloraOptions = { initialRank: 4, targetRank: 2, dropout: 0.1 };
const methods = ['apca', 'pissa', 'lora', 'adalora', 'full', 'bitfit', 'head'] as const;

let folder: string;
let model: ToyModel;
let tensorsBefore: number;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ggm-peft-set-'));
  tensorsBefore = tf.memory().numTensors;
  model = new ToyModel();
});
afterEach(async () => {
  model.dispose();
  expect(tf.memory().numTensors).toBe(tensorsBefore);
  await rm(folder, { recursive: true });
});

const attachTo = (target: ToyModel, name: MethodName): Promise<AttachedMethod> =>
  attachMethod(target, name, optionsOf(name));

const optionsOf = (name: MethodName): object =>
  name === 'apca' ? apcaOptions : name === 'adalora' ? adaloraOptions : name === 'pissa' ? { rank: 3 } : {};

/** Changes everything that trains, differently for each seed; a method that selects does so on the way. */
async function pretendToTrain(method: AttachedMethod, seed: number): Promise<void> {
  const change = (amount: number): void => {
    for (const [i, { variable }] of method.trainables().entries())
      tf.tidy(() => {
        variable.assign(tf.add(tf.mul(variable, 1 + amount), amount * Math.sin(seed + i)));
      });
  };
  method.checkPlan({ epochs: 3, stepsPerEpoch: 6 });
  for (let epoch = 0; epoch < 3; epoch++) {
    await method.startEpoch(epoch);
    for (let step = 0; step < 6; step++) {
      change(0.02 * (1 + ((seed + step) % 3)));
      if (!method.observesSteps) continue;
      const gradients = new Map(
        method.trainables().map(({ name, variable }, i) => {
          const gradient = tf.tidy(() => tf.sin(tf.mul(variable, 10 + i + step + seed)));
          return [name, gradient] as const;
        }),
      );
      await method.afterStep(gradients);
      tf.dispose([...gradients.values()]);
    }
  }
}

function outputs(target = model): number[] {
  return tf.tidy(() => [...target.forward(toyInputs(5)).dataSync()]);
}

/** Trains a method on a model of its own and saves it. @returns the folder and what the model gave */
async function saved(name: MethodName, seed: number): Promise<{ path: string; expected: number[] }> {
  const path = await mkdtemp(join(folder, `${name}-`));
  const fresh = new ToyModel();
  const base = await baseIdentity('toy', fresh);
  const method = await attachTo(fresh, name);
  await pretendToTrain(method, seed);
  await saveAdapter(path, fresh, method, { base });
  const expected = outputs(fresh);
  method.dispose();
  fresh.dispose();
  return { path, expected };
}

describe('AdapterSet', () => {
  it('switches between adapters and the base without losing a bit', async () => {
    const base = outputs();
    const set = await AdapterSet.over('toy', model);
    const expected = new Map<string | null, number[]>([[null, base]]);
    for (const [i, name] of methods.entries()) {
      const { path, expected: trained } = await saved(name, i);
      await set.add(name, path);
      expect(set.active).toBeNull();
      expect(outputs()).toEqual(base);
      expected.set(name, trained);
    }
    expect(set.names).toEqual(methods);
    for (const name of [
      'apca',
      'full',
      'lora',
      null,
      ...methods,
      'bitfit',
      'head',
      'apca',
      null,
      'adalora',
    ] as const) {
      set.use(name);
      expect(set.active).toBe(name);
      expect(outputs()).toEqual(expected.get(name));
    }
    expect(new Set([...expected.values()].map(String)).size).toBe(1 + methods.length);
    set.dispose();
    expect(outputs()).toEqual(base);
  });

  it('keeps on what was switched on while others are added and removed', async () => {
    const set = await AdapterSet.over('toy', model);
    const [one, two] = [await saved('apca', 1), await saved('apca', 2)];
    await set.add('one', one.path);
    set.use('one');
    set.merge();
    const merged = outputs();
    await set.add('two', two.path);
    expect([set.active, set.merged]).toEqual(['one', true]);
    expect(outputs()).toEqual(merged);
    set.remove('two');
    expect(outputs()).toEqual(merged);
    set.remove('one');
    expect([set.names, set.active, set.merged]).toEqual([[], null, false]);
    set.dispose();
  });

  it.each(methods)('merges %s within rounding, and takes it out again to the bit', async (name) => {
    const base = outputs();
    const set = await AdapterSet.over('toy', model);
    const { path, expected } = await saved(name, 3);
    await set.add(name, path);
    set.use(name);
    set.merge();
    set.merge();
    expect(model.layers.every(({ pair }) => pair === null)).toBe(true);
    const scale = Math.max(...expected.map(Math.abs));
    outputs().forEach((value, i) => {
      expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThan(2e-6 * scale);
    });
    set.unmerge();
    expect(outputs()).toEqual(expected);
    set.merge();
    set.use(null); // unmerges first
    expect(outputs()).toEqual(base);
    set.use(name);
    expect(set.merged).toBe(false);
    expect(outputs()).toEqual(expected);
    set.dispose();
  });

  it.each(methods)('trains %s in place, goes on after a switch, and saves it', async (name) => {
    const base = outputs();
    const set = await AdapterSet.over('toy', model);
    const { path, expected } = await saved('bitfit', 4);
    await set.add('other', path);
    set.use('other');
    const method = await set.attach('mine', name, optionsOf(name));
    expect(set.active).toBe('mine');
    const trainables = method.trainables();
    const [first] = trainables;
    if (first === undefined) throw new Error('something must train');
    await pretendToTrain(method, 5);
    const trained = outputs();
    set.use('other');
    expect(outputs()).toEqual(expected);
    await set.save('mine', folder);
    expect(set.active).toBe('other');
    set.use('mine');
    expect(outputs()).toEqual(trained);
    const [value] = method.trainables();
    tf.tidy(() => value?.variable.assign(tf.mul(value.variable, 2)));
    const further = outputs();
    expect(further).not.toEqual(trained);
    set.use(null);
    expect(outputs()).toEqual(base);
    set.use('mine');
    expect(outputs()).toEqual(further);
    await set.add('saved', folder);
    set.use('saved');
    expect(outputs()).toEqual(trained);
    set.dispose();
    expect(outputs()).toEqual(base);
  });

  it('keeps memory for what differs alone', async () => {
    const set = await AdapterSet.over('toy', model);
    const { numDataBuffers } = tf.memory();
    const { path } = await saved('head', 1);
    await set.add('head', path);
    const heads = model.parameters.filter(({ role }) => role === 'head').length;
    const added = (): number => tf.memory().numDataBuffers - numDataBuffers;
    expect(added()).toBe(heads);
    set.use('head');
    expect(added()).toBe(heads);
    set.use(null);
    expect(added()).toBe(heads);
    await set.attach('full', 'full');
    expect(added()).toBe(heads); // until it trains
    set.remove('head');
    expect(added()).toBe(0);
    set.dispose();
  });

  it('counts what the model computes with, so that compiled passes can be made anew', async () => {
    const set = await AdapterSet.over('toy', model);
    const seen = [set.revision];
    const note = (): void => {
      expect(set.revision).toBeGreaterThan(seen.at(-1) ?? NaN);
      seen.push(set.revision);
    };
    await set.attach('one', 'apca', apcaOptions);
    note();
    set.merge();
    note();
    set.unmerge();
    note();
    set.use(null);
    note();
    set.use('one');
    note();
    set.use('one');
    expect(set.revision).toBe(seen.at(-1));
    set.dispose();
  });

  it('refuses names that are taken or unknown, and what is not there to be done', async () => {
    const set = await AdapterSet.over('toy', model);
    const { path } = await saved('apca', 6);
    expect(() => {
      set.use('one');
    }).toThrow('AdapterSet: the adapter must be one of none yet; got one');
    expect(() => {
      set.merge();
    }).toThrow('AdapterSet: merge needs an adapter that is switched on; got none');
    await set.add('one', path);
    await expect(set.add('one', path)).rejects.toThrow('there is an adapter one already');
    await expect(set.attach('one', 'head')).rejects.toThrow('there is an adapter one already');
    expect(() => {
      set.remove('onne');
    }).toThrow('must be one of one; got onne; did you mean one?');
    await expect(set.save('one', folder)).rejects.toThrow('one was added from a folder');
    set.use('one');
    await expect(AdapterSet.over('toy', model)).rejects.toThrow(
      'baseIdentity: the model must hold its base weights; encoder.layer.0.query carries an adapter already',
    );
    set.dispose();
  });

  it('refuses an adapter of other base weights or with another head, and stays as it was', async () => {
    const set = await AdapterSet.over('toy', model);
    const { path } = await saved('apca', 7);
    await set.add('one', path);
    set.use('one');
    const expected = outputs();
    const other = new ToyModel(1);
    const base = await baseIdentity('other toy', other);
    expect(base.sha256).not.toBe(set.base.sha256);
    const method = await attachMethod(other, 'head');
    const foreign = await mkdtemp(join(folder, 'foreign-'));
    await saveAdapter(foreign, other, method, { base });
    await expect(set.add('two', foreign)).rejects.toThrow(
      `trained on, other toy with SHA-256 ${base.sha256}; got toy with ${set.base.sha256}`,
    );
    // A head of three classes
    const parameters = other.parameters.map((parameter) =>
      parameter.role === 'head'
        ? {
            ...parameter,
            variable: tf.tidy(() => tf.variable(tf.ones([3, ...parameter.variable.shape.slice(1)]))),
          }
        : parameter,
    );
    const wider = { layers: [], parameters };
    await saveAdapter(foreign, wider, await attachMethod(wider, 'head'), { base: set.base });
    await expect(set.add('two', foreign)).rejects.toThrow(
      'classifier.weight must be [2, 8] to fit the model; got [3, 8]',
    );
    tf.dispose(parameters.filter(({ role }) => role === 'head').map(({ variable }) => variable));
    expect([set.names, set.active]).toEqual([['one'], 'one']);
    expect(outputs()).toEqual(expected);
    set.dispose();
    other.dispose();
  });
});
