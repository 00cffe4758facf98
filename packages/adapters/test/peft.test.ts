/**
 * LoRA adapters of Hugging Face PEFT, written and read: against a reader written from the format's definition alone, since
 * PEFT itself is Python.
 */
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import {
  ApcaMethod,
  attachMethod,
  Embedding,
  exportPeft,
  importPeft,
  Linear,
  mergedParameters,
  restoreMethod,
} from '../src/index.js';
import type {
  AdaptableLayer,
  AdaptableModel,
  Parameter,
  ParameterRole,
  TensorData,
  TrainedMethod,
} from '../src/index.js';
import { mergeAdapter, readAdapter, writeAdapter } from './peft-reader.js';
import { toyValues } from './toy-model.js';

const entries = 10;
const width = 6;

const valuesOf = (shape: readonly number[], seed: number): TensorData => ({
  shape,
  data: toyValues(
    shape.reduce((size, side) => size * side, 1),
    seed,
  ),
});

/** Words → their vectors' mean → tanh(query) → key → normalisation's shift → head of two layers. */
class TextModel implements AdaptableModel {
  readonly layers: readonly AdaptableLayer[];
  readonly parameters: readonly Parameter[];

  constructor() {
    const parameters: Parameter[] = [];
    const add = (name: string, shape: number[], role: ParameterRole): Parameter => {
      const { data } = valuesOf(shape, parameters.length);
      const parameter = { name, variable: tf.variable(tf.tensor(data, shape)), role };
      parameters.push(parameter);
      return parameter;
    };
    const linear = (name: string, out: number, role: ParameterRole): Linear =>
      new Linear(name, add(`${name}.weight`, [out, width], role), add(`${name}.bias`, [out], role));
    this.layers = [
      new Embedding('model.words', add('model.words.weight', [entries, width], 'encoder')),
      linear('model.layer.0.query', width, 'encoder'),
      linear('model.layer.0.key', width, 'encoder'),
      linear('classifier.dense', width, 'head'),
      linear('classifier.out', 2, 'head'),
    ];
    add('model.LayerNorm.weight', [width], 'encoder');
    add('model.LayerNorm.bias', [width], 'encoder');
    this.parameters = parameters;
  }

  /** [batch, 2] */
  forward(): tf.Tensor {
    const [words, query, key, dense, out] = this.layers;
    if (!(words instanceof Embedding)) throw new Error('no words');
    const linear = (layer: AdaptableLayer | undefined, x: tf.Tensor): tf.Tensor => {
      if (!(layer instanceof Linear)) throw new Error('no layer');
      return layer.apply(x);
    };
    const [scale, shift] = this.parameters.slice(-2).map(({ variable }) => variable);
    if (scale === undefined || shift === undefined) throw new Error('no normalisation');
    const ids = tf.tensor2d([1, 4, 4, 0, 9, 7, 2, 3], [2, 4], 'int32');
    const mixed = linear(key, tf.tanh(linear(query, tf.mean(words.lookUp(ids), 1))));
    return linear(out, tf.tanh(linear(dense, tf.add(tf.mul(mixed, scale), shift))));
  }

  async logits(): Promise<Float32Array> {
    const logits = tf.tidy(() => this.forward());
    const data = Float32Array.from(await logits.data());
    logits.dispose();
    return data;
  }

  get modules(): string[] {
    const names = this.parameters.map(({ name }) => name.replace(/\.[^.]+$/, ''));
    return [...new Set([...names, 'model', 'model.layer', 'model.layer.0', 'classifier'])];
  }
}

let folder: string;
let model: TextModel;
beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peft-'));
  model = new TextModel();
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const worst = (actual: ArrayLike<number>, expected: ArrayLike<number>): number =>
  actual.length === expected.length
    ? Math.max(...Array.from(expected, (value, i) => Math.abs(value - (actual[i] ?? NaN))))
    : Infinity;

/** Moves everything that trains. */
function train(method: Pick<ApcaMethod, 'trainables'>): void {
  for (const [i, { variable }] of method.trainables().entries()) {
    tf.tidy(() => {
      const { data } = valuesOf(variable.shape, 50 + i);
      variable.assign(tf.add(variable, tf.mul(0.1, tf.tensor(data, variable.shape))));
    });
  }
}

/** Trains, selects and trains on. */
async function trainedApca(sites: string[] = ['query', 'key', 'words']): Promise<ApcaMethod> {
  const method = await ApcaMethod.attach(model, { rank: 2, sites, targetNodes: 4, importantNodes: 2 });
  train(method);
  const samples = Array.from({ length: 12 }, (_, step) =>
    Float64Array.from(toyValues(method.nodes.length, 100 + step), (value) => Math.exp(4 * value)),
  );
  await method.allocate(samples);
  train(method);
  return method;
}

const options = { baseModel: 'somebody/base' };

describe('exportPeft', () => {
  it('writes what PEFT’s reader merges to the trained weights', async () => {
    const base = await mergedParameters(model);
    const method = await trainedApca();
    const out = join(folder, 'out');
    expect(await exportPeft(out, model, method, options)).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
    ]);
    const adapter = await readAdapter(out);
    const merged = mergeAdapter(adapter, base, model.modules);
    const trained = await mergedParameters(model);
    for (const [name, { data }] of trained) {
      const found = merged.get(name)?.data ?? [];
      expect({ name, close: worst(found, data) < 1e-6 }).toEqual({ name, close: true });
    }
    // Training did something
    const names = ['model.words.weight', 'model.layer.0.key.weight', 'classifier.dense.bias'];
    for (const name of names) {
      expect(worst(base.get(name)?.data ?? [], trained.get(name)?.data ?? [])).toBeGreaterThan(1e-2);
    }
    expect(adapter.metadata.get('format')).toBe('pt');
  });

  it.each(['pissa', 'lora', 'adalora'] as const)(
    'writes what %s trained, attached or restored',
    async (name) => {
      const base = await mergedParameters(model);
      const sites = { sites: ['query', 'words'] };
      const method = await {
        pissa: () => attachMethod(model, 'pissa', { ...sites, rank: 2 }),
        lora: () => attachMethod(model, 'lora', { ...sites, rank: 2, alpha: 3 }),
        adalora: () => attachMethod(model, 'adalora', { ...sites, initialRank: 3, targetRank: 2 }),
      }[name]();
      train(method);
      await exportPeft(join(folder, 'attached'), model, method, options);
      const adapter = await readAdapter(join(folder, 'attached'));
      const merged = mergeAdapter(adapter, base, model.modules);
      const trained = await mergedParameters(model);
      for (const [parameter, { data }] of trained) {
        const close = worst(merged.get(parameter)?.data ?? [], data) < 1e-6;
        expect({ parameter, close }).toEqual({ parameter, close: true });
      }
      const query = 'model.layer.0.query.weight';
      expect(worst(base.get(query)?.data ?? [], trained.get(query)?.data ?? [])).toBeGreaterThan(1e-4);

      const restored = new TextModel();
      const stored = await restoreMethod(restored, await method.state());
      expect(stored.name).toBe(name);
      for (const [i, { role, variable }] of model.parameters.entries()) {
        if (role === 'head') restored.parameters[i]?.variable.assign(variable);
      }
      await exportPeft(join(folder, 'restored'), restored, stored, options);
      expect((await readAdapter(join(folder, 'restored'))).tensors).toEqual(adapter.tensors);
    },
  );

  it('says in the configuration what PEFT needs to build the modules', async () => {
    const method = await trainedApca(['query', 'words']);
    const out = join(folder, 'out');
    await exportPeft(out, model, method, options);
    expect(JSON.parse(await readFile(join(out, 'adapter_config.json'), 'utf8'))).toEqual({
      peft_type: 'LORA',
      task_type: 'SEQ_CLS',
      base_model_name_or_path: 'somebody/base',
      inference_mode: true,
      r: 4,
      lora_alpha: 4,
      rank_pattern: {},
      alpha_pattern: {},
      target_modules: ['model.words', 'model.layer.0.query'],
      modules_to_save: ['classifier'],
      bias: 'all',
      lora_dropout: 0,
      fan_in_fan_out: false,
      init_lora_weights: true,
    });
    const { tensors } = await readAdapter(out);
    expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual({
      'base_model.model.model.words.lora_embedding_A': [4, entries],
      'base_model.model.model.words.lora_embedding_B': [width, 4],
      'base_model.model.model.layer.0.query.lora_A.weight': [4, width],
      'base_model.model.model.layer.0.query.lora_B.weight': [width, 4],
      'base_model.model.model.layer.0.query.base_layer.bias': [width],
      'base_model.model.model.layer.0.key.bias': [width],
      'base_model.model.model.LayerNorm.bias': [width],
      'base_model.model.classifier.dense.weight': [width, width],
      'base_model.model.classifier.dense.bias': [width],
      'base_model.model.classifier.out.weight': [2, width],
      'base_model.model.classifier.out.bias': [2],
    });
  });

  it('gives modules of other ranks patterns, and leaves out what did not change', async () => {
    const delta = (rank: number, out: number): Awaited<ReturnType<TrainedMethod['deltas']>> =>
      new Map([
        ['model.layer.0.query', { a: toyValues(width * rank, 1), b: toyValues(rank * width, 2), rank }],
        ['model.layer.0.key', { a: toyValues(width, 3), b: toyValues(width, 4), rank: 1 }],
        ['model.words', { a: new Float32Array(out), b: new Float32Array(0), rank: 0 }],
      ]);
    const method: TrainedMethod = {
      name: 'apca',
      deltas: () => Promise.resolve(delta(3, 0)),
      state: () => Promise.resolve({ method: 'apca', tensors: new Map(), layout: {} }),
    };
    const out = join(folder, 'out');
    const base = await mergedParameters(model);
    await exportPeft(out, model, method, { ...options, taskType: 'FEATURE_EXTRACTION' });
    const adapter = await readAdapter(out);
    expect(adapter.config).toMatchObject({
      task_type: 'FEATURE_EXTRACTION',
      r: 3,
      rank_pattern: { 'model.layer.0.key': 1 },
      alpha_pattern: { 'model.layer.0.key': 1 },
      target_modules: ['model.layer.0.query', 'model.layer.0.key'],
      bias: 'none',
    });
    const merged = mergeAdapter(adapter, base, model.modules);
    const a = toyValues(width, 3);
    const b = toyValues(width, 4);
    const weight = base.get('model.layer.0.key.weight')?.data ?? new Float32Array(0);
    const expected = weight.map((value, i) => value + (a[Math.floor(i / width)] ?? 0) * (b[i % width] ?? 0));
    expect(worst(merged.get('model.layer.0.key.weight')?.data ?? [], expected)).toBeLessThan(1e-6);
  });

  it.each([
    ['full', 'but full trained model.words.weight'],
    ['bitfit', 'but bitfit changed none'],
    ['head', 'but head changed none'],
  ] as const)('refuses what a LoRA adapter cannot hold: %s', async (name, message) => {
    const method = await attachMethod(model, name);
    const refused = exportPeft(join(folder, 'out'), model, method, options);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow('export the merged model instead (exportCheckpoint');
    expect(await readdir(folder)).toEqual([]);
  });

  it('never writes over what is there', async () => {
    const method = await trainedApca();
    await writeFile(join(folder, 'precious'), 'data');
    await expect(exportPeft(folder, model, method, options)).rejects.toThrow('must not exist yet');
    expect(await readdir(folder)).toEqual(['precious']);
  });
});

describe('importPeft', () => {
  const ofLayer = 'base_model.model.model.layer.0';
  const config = {
    peft_type: 'LORA',
    r: 2,
    lora_alpha: 5,
    target_modules: ['query', 'key'],
    base_model_name_or_path: 'somebody/base',
  };
  const lora = (module: string, r: number, seed: number): Record<string, TensorData> => ({
    [`${ofLayer}.${module}.lora_A.weight`]: valuesOf([r, width], seed),
    [`${ofLayer}.${module}.lora_B.weight`]: valuesOf([width, r], seed + 1),
  });

  it('gives back the trained model from what exportPeft wrote, attached or restored', async () => {
    const method = await trainedApca();
    const trained = await model.logits();
    const attached = join(folder, 'attached');
    await exportPeft(attached, model, method, options);
    const fresh = new TextModel();
    const imported = await importPeft(attached, fresh);
    expect(worst(await fresh.logits(), trained)).toBeLessThan(1e-5);
    expect(worst(await new TextModel().logits(), trained)).toBeGreaterThan(1e-2);
    expect(imported).toMatchObject({ baseModel: 'somebody/base', head: true });
    expect(Object.fromEntries(imported.ranks)).toEqual({
      'model.words': 4,
      'model.layer.0.query': 4,
      'model.layer.0.key': 4,
    });

    const restored = new TextModel();
    const stored = await restoreMethod(restored, await method.state());
    for (const [i, { role, variable }] of model.parameters.entries()) {
      if (role === 'head') restored.parameters[i]?.variable.assign(variable);
    }
    const again = join(folder, 'restored');
    await exportPeft(again, restored, stored, options);
    expect((await readAdapter(again)).tensors).toEqual((await readAdapter(attached)).tensors);
  });

  it.each([
    ['α/r', {}],
    ['ranks and alphas by pattern', { rank_pattern: { key: 3 }, alpha_pattern: { 'layer.\\d+.query': 7 } }],
    ['rsLoRA', { use_rslora: true, alpha_pattern: { key: 2 } }],
    [
      'harmless fields',
      { use_dora: false, layer_replication: null, loftq_config: {}, megatron_core: 'megatron.core' },
    ],
  ])('puts W + s B A on the layers: %s', async (_, fields) => {
    const keyRank = 'rank_pattern' in fields ? 3 : 2;
    const full = { ...config, ...fields };
    await writeAdapter(folder, full, { ...lora('query', 2, 20), ...lora('key', keyRank, 30) });
    const expected = mergeAdapter(await readAdapter(folder), await mergedParameters(model), model.modules);
    const head = await model.logits();
    expect(await importPeft(folder, model)).toMatchObject({ head: false, parameters: [] });
    for (const [name, { data }] of await mergedParameters(model)) {
      expect(worst(data, expected.get(name)?.data ?? [])).toBeLessThan(1e-6);
    }
    expect(worst(await model.logits(), head)).toBeGreaterThan(1e-2);
  });

  it('reads tables of embeddings, biases, saved modules and biases of B', async () => {
    const full = {
      ...config,
      target_modules: ['query', 'words'],
      bias: 'all',
      lora_bias: true,
      modules_to_save: ['classifier'],
    };
    const own = Object.fromEntries(
      model.parameters
        .filter(({ role }) => role === 'head')
        .map(({ name, variable }) => [`base_model.model.${name}`, valuesOf(variable.shape, 70)]),
    );
    await writeAdapter(folder, full, {
      ...lora('query', 2, 20),
      ...own,
      [`${ofLayer}.query.base_layer.bias`]: valuesOf([width], 40),
      [`${ofLayer}.key.bias`]: valuesOf([width], 41),
      'base_model.model.model.LayerNorm.bias': valuesOf([width], 42),
      'base_model.model.model.words.lora_embedding_A': valuesOf([2, entries], 43),
      'base_model.model.model.words.lora_embedding_B': valuesOf([width, 2], 44),
    });
    const expected = mergeAdapter(await readAdapter(folder), await mergedParameters(model), model.modules);
    // PEFT adds s (B A x + b) to the layer's output
    await writeAdapter(folder, full, {
      ...Object.fromEntries((await readAdapter(folder)).tensors),
      [`${ofLayer}.query.lora_B.bias`]: valuesOf([width], 45),
    });
    const bias = expected.get('model.layer.0.query.bias')?.data ?? new Float32Array(0);
    const added = valuesOf([width], 45).data;
    expected.set('model.layer.0.query.bias', {
      shape: [width],
      data: bias.map((value, i) => value + (5 / 2) * (added[i] ?? NaN)),
    });
    expect(await importPeft(folder, model)).toMatchObject({ head: true });
    for (const [name, { data }] of await mergedParameters(model)) {
      const close = worst(data, expected.get(name)?.data ?? []) < 1e-6;
      expect({ name, close }).toEqual({ name, close: true });
    }
  });

  it.each<[string, Record<string, unknown>, Record<string, TensorData>, string]>([
    ['another method', { peft_type: 'IA3' }, {}, 'peft_type must be "LORA"; got "IA3"'],
    ['DoRA', { use_dora: true }, {}, 'use_dora = true: not supported'],
    ['Megatron', { megatron_config: { a: 1 } }, {}, 'megatron_config = {"a":1}: not supported'],
    ['what PEFT may add', { use_novelty: 'yes' }, {}, 'use_novelty = "yes": not supported'],
    ['PiSSA’s base', { init_lora_weights: 'pissa_niter_4' }, {}, 'leaves the base weights alone'],
    ['a rank that is none', { r: 0 }, {}, 'r must be a number above 0; got 0'],
    ['no alpha', { lora_alpha: undefined }, {}, 'lora_alpha must be a number above 0; got nothing'],
    ['a bad pattern', { rank_pattern: { '(': 2 } }, {}, 'rank_pattern must have regular expressions'],
    ['another rank', { rank_pattern: { query: 3 } }, {}, 'lora_A.weight must be [3, 6]'],
    [
      'a layer that is not there',
      {},
      { [`${ofLayer}.querry.lora_A.weight`]: valuesOf([2, width], 1) },
      'the model has no layer model.layer.0.querry; near: model.layer.0.query',
    ],
    [
      'a parameter that is not there',
      {},
      { 'base_model.model.score.weight': valuesOf([2], 1) },
      'the model has no parameter score.weight; near: ',
    ],
    [
      'DoRA’s tensors',
      {},
      { [`${ofLayer}.query.lora_magnitude_vector`]: valuesOf([width], 1) },
      'no tensor of',
    ],
    ['keys without a prefix', {}, { 'query.lora_A.weight': valuesOf([2, width], 1) }, 'expected names as'],
    [
      'half a product',
      {},
      { [`${ofLayer}.key.lora_A.weight`]: valuesOf([2, width], 1) },
      'lora_B.weight is missing',
    ],
    [
      'an embedding’s parts on a linear layer',
      {},
      { [`${ofLayer}.query.lora_embedding_A`]: valuesOf([2, width], 1) },
      'model.layer.0.query is a linear layer, which has lora_A.weight',
    ],
    [
      'half a head',
      {},
      { 'base_model.model.classifier.dense.bias': valuesOf([width], 1) },
      'must hold the whole head or nothing of it; classifier.dense.weight, classifier.out',
    ],
    [
      'a value of another shape',
      {},
      { [`${ofLayer}.key.bias`]: valuesOf([width + 1], 1) },
      'key.bias must be [6] to fit the model and the adapter',
    ],
  ])('refuses %s, and leaves the model as it was', async (_, fields, tensors, message) => {
    await writeAdapter(folder, { ...config, ...fields }, { ...lora('query', 2, 20), ...tensors });
    const before = await mergedParameters(model);
    await expect(importPeft(folder, model)).rejects.toThrow(message);
    expect(await mergedParameters(model)).toEqual(before);
    expect(model.layers.map(({ pair }) => pair)).toEqual(model.layers.map(() => null));
  });

  it('refuses a model that carries an adapter', async () => {
    await writeAdapter(folder, config, lora('query', 2, 20));
    await importPeft(folder, model);
    await expect(importPeft(folder, model)).rejects.toThrow('query carries an adapter already');
  });

  it('says what is missing, or cannot be read', async () => {
    await expect(importPeft(folder, model)).rejects.toThrow(join(folder, 'adapter_config.json'));
    await writeAdapter(folder, config, lora('query', 2, 20));
    await rename(join(folder, 'adapter_model.safetensors'), join(folder, 'adapter_model.bin'));
    await expect(importPeft(folder, model)).rejects.toThrow('safe_serialization=True');
  });
});
