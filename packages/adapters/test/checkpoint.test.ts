/** An adapter's folder: what is in it, what it belongs to, and what is refused. */
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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
  readAdapter,
  saveAdapter,
} from '../src/index.js';
import type { BaseIdentity, MethodName } from '../src/index.js';
import { toyInputs, ToyModel } from './toy-model.js';

let folder: string;
let model: ToyModel;
let base: BaseIdentity;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ggm-peft-adapter-'));
  model = new ToyModel();
  base = await baseIdentity('toy', model);
});
afterEach(async () => {
  model.dispose();
  await rm(folder, { recursive: true });
});

const file = (name: string): string => join(folder, name);
const outputs = (): number[] => tf.tidy(() => [...model.forward(toyInputs(4)).dataSync()]);

async function save(name: MethodName, target = model, to = folder): Promise<void> {
  const method = await attachMethod(target, name);
  await saveAdapter(to, target, method, { base, config: { note: 'a test' } });
  method.dispose();
}

/** An apca run on random scores, without training, saved. @returns values that trained in the encoder at any time */
async function saveApca(): Promise<number> {
  const method = await ApcaMethod.attach(model, { rank: 3, targetNodes: 6, importantNodes: 2 });
  const { adapter } = countTrainables(method.trainables());
  await method.allocate(
    Array.from({ length: 9 }, (_, i) =>
      Float64Array.from(method.nodes, (__, j) => 1 + Math.sin(i * 7 + j * j)),
    ),
  );
  await saveAdapter(folder, model, method, { base });
  method.dispose();
  return adapter;
}

describe('baseIdentity', () => {
  it('depends on names, shapes and every bit of the encoder, and not on the head or the order', async () => {
    const hash = async (change: (all: ToyModel['parameters']) => ToyModel['parameters']): Promise<string> =>
      (await baseIdentity('x', { layers: [], parameters: change(model.parameters) })).sha256;
    expect(base).toEqual({ id: 'toy', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await hash((all) => [...all].reverse())).toBe(base.sha256);
    expect(await hash((all) => all.filter(({ role }) => role === 'encoder'))).toBe(base.sha256);
    const [first, ...others] = model.parameters;
    if (first === undefined) throw new Error('the toy has parameters');
    expect(await hash(() => [{ ...first, name: 'other' }, ...others])).not.toBe(base.sha256);
    const turned = tf.tidy(() => tf.variable(first.variable.reshape([6, 24])));
    expect(await hash(() => [{ ...first, variable: turned }, ...others])).not.toBe(base.sha256);
    turned.dispose();
    const values = Float32Array.from(await first.variable.data());
    values[5] = (values[5] ?? 0) * (1 + 2 ** -23);
    tf.tidy(() => {
      first.variable.assign(tf.tensor(values, first.variable.shape));
    });
    expect(await hash((all) => all)).not.toBe(base.sha256);
  });

  it('is asked for before a method is attached', async () => {
    const method = await ApcaMethod.attach(model, { rank: 3, targetNodes: 6, importantNodes: 2 });
    await expect(baseIdentity('toy', model)).rejects.toThrow(
      'baseIdentity: the model must hold its base weights; encoder.layer.0.query carries an adapter already',
    );
    method.dispose();
  });
});

describe('a folder', () => {
  it('says what it is, and holds no value that did not train', async () => {
    const adapter = await saveApca();
    expect((await readdir(folder)).sort()).toEqual([
      'adapter.json',
      'adapter.safetensors',
      'head.safetensors',
    ]);
    const bytes = await readFile(file('adapter.safetensors'));
    expect(bytes.length - 8 - Number(bytes.readBigUInt64LE(0))).toBe(4 * adapter);
    const json = JSON.parse(await readFile(file('adapter.json'), 'utf8')) as Record<string, unknown>;
    expect(json).toMatchObject({
      format: 'ggm-peft-adapter',
      version: 2,
      method: 'apca',
      base,
      nodes: { selection: 'ggm', selected: expect.any(Array), important: expect.any(Array) },
      files: { 'adapter.safetensors': { bytes: bytes.length } },
    });
    const { record } = await readAdapter(folder);
    expect(record.nodes?.names).toHaveLength(12);
    expect(record.nodes?.selected).toHaveLength(6);
  });

  it('makes its folder', async () => {
    const to = file('adapters/first');
    await save('bitfit', model, to);
    expect((await readdir(to)).sort()).toEqual(['adapter.json', 'adapter.safetensors', 'head.safetensors']);
  });

  it('keeps the options that it is given', async () => {
    await save('bitfit');
    expect((await readAdapter(folder)).record).toMatchObject({ config: { note: 'a test' }, nodes: null });
  });

  it.each(['adapter.safetensors', 'head.safetensors'])(
    'is refused when %s is damaged, gone or another',
    async (name) => {
      await save('bitfit');
      const before = outputs();
      const bytes = await readFile(file(name));
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(flipped.length - 1) ^ 1, flipped.length - 1);
      for (const damaged of [flipped, bytes.subarray(0, bytes.length - 4)]) {
        await writeFile(file(name), damaged);
        await expect(loadAdapter(folder, model)).rejects.toThrow(
          `${file(name)}: must be the file that adapter.json was written for, ${bytes.length} bytes`,
        );
      }
      const other = await mkdtemp(file('other-'));
      tf.tidy(() => {
        for (const { variable } of model.parameters) variable.assign(tf.mul(variable, 1.5));
      });
      const changed = outputs();
      await save('bitfit', model, other);
      await copyFile(join(other, name), file(name));
      await expect(loadAdapter(folder, model)).rejects.toThrow(
        'it is damaged, or belongs to another adapter',
      );
      await rm(file(name));
      await expect(loadAdapter(folder, model)).rejects.toThrow(`${file(name)}: cannot be read`);
      expect(outputs()).toEqual(changed);
      expect(changed).not.toEqual(before);
    },
  );

  it('is none without its record, which a save takes away first and writes last', async () => {
    await save('bitfit');
    const method = await attachMethod(model, 'full');
    const failing = { ...method, state: () => Promise.reject(new Error('no state')) };
    await expect(saveAdapter(folder, model, failing, { base })).rejects.toThrow('no state');
    expect((await loadAdapter(folder, model)).method).toBe('bitfit'); // the state comes first
    const unnamed = {
      ...method,
      state: () => Promise.resolve({ ...bad, tensors: new Map([['__metadata__', none]]) }),
    };
    await expect(saveAdapter(folder, model, unnamed, { base })).rejects.toThrow('__metadata__');
    await expect(loadAdapter(folder, model)).rejects.toThrow(
      `${folder}: must be an adapter's folder, with adapter.json;`,
    );
  });
  const bad = { method: 'full', layout: {} } as const;
  const none = { shape: [0], data: new Float32Array(0) };

  it('is for its base weights alone, and names both', async () => {
    await save('bitfit');
    const other = new ToyModel(1);
    const { sha256 } = await baseIdentity('', other);
    await expect(loadAdapter(folder, other)).rejects.toThrow(
      `${folder}: the adapter must be put on the base weights that it was trained on, toy with SHA-256 ` +
        `${base.sha256}; got this model with ${sha256}`,
    );
    other.dispose();
  });

  it('is refused when its components come out otherwise', async () => {
    await saveApca();
    const fresh = new ToyModel();
    const { state } = await readAdapter(folder);
    const text = await readFile(file('adapter.json'), 'utf8');
    const hash = String(state.layout['components']);
    await writeFile(file('adapter.json'), text.replace(hash, `0${hash.slice(1)}x`));
    await expect(loadAdapter(folder, fresh)).rejects.toThrow(
      `restoreMethod: the base weights' components must have the hash 0${hash.slice(1)}x, as in training; got ${hash}`,
    );
    await writeFile(file('adapter.json'), text);
    expect((await loadAdapter(folder, fresh)).method).toBe('apca');
    for (const { pair } of fresh.layers) tf.dispose([pair?.a ?? [], pair?.b ?? []]);
    fresh.dispose();
  });

  it.each([
    ['{', 'must be JSON; got "{"'],
    [
      '[]',
      'must be a ggm-peft-adapter of version 2, the one that this release reads; got none of version none',
    ],
    ['{"format":"ggm-peft-adapter","version":1}', 'got "ggm-peft-adapter" of version 1'],
    ['{"format":"ggm-peft-adapter","version":2,"method":"magic"}', 'method must be one of apca, '],
    ['{"format":"ggm-peft-adapter","version":2,"method":"full"}', 'base must hold id and sha256; got none'],
    [
      '{"format":"ggm-peft-adapter","version":2,"method":"full","base":{"id":"","sha256":""},"nodes":[]}',
      'nodes must be null, or hold selection',
    ],
    [
      '{"format":"ggm-peft-adapter","version":2,"method":"full","files":{"a":{"bytes":"1"}}}',
      'files.a must hold bytes and sha256; got {"bytes":"1"}',
    ],
  ])('is refused with a record %s', async (text, message) => {
    await save('bitfit');
    await writeFile(file('adapter.json'), text);
    await expect(loadAdapter(folder, model)).rejects.toThrow(message);
  });
});
