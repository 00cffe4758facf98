/** LoRA and the options that methods share. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { attachMethod, Embedding, listNodes, methodNames, methodOptionNames } from '../src/index.js';
import type { AdaptableModel, LoraOptions, MethodName, Parameter } from '../src/index.js';
import { ToyModel, toyWidth } from './toy-model.js';

let model: ToyModel;
beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});
beforeEach(() => {
  model = new ToyModel();
});
afterEach(() => {
  model.dispose();
});

/** The pairs' values by layer, and the layers' scales. */
async function attached(options: LoraOptions, to: AdaptableModel = model) {
  const method = await attachMethod(to, 'lora', options);
  const pairs = to.layers.flatMap(({ name, pair }) => {
    if (pair === null) return [];
    const { scale, dropout } = pair;
    return [{ name, a: [...pair.a.dataSync()], b: [...pair.b.dataSync()], scale, dropout }];
  });
  method.dispose();
  return pairs;
}

describe('lora', () => {
  it('begins with A of zeros and B uniform in ±1/√in', async () => {
    const pairs = await attached({ rank: 6 });
    const bound = 1 / Math.sqrt(toyWidth);
    expect(pairs).toHaveLength(3);
    for (const { a, b, scale, dropout } of pairs) {
      expect(a.every((value) => value === 0)).toBe(true);
      expect(Math.max(...b.map(Math.abs))).toBeLessThanOrEqual(bound);
      expect(Math.max(...b)).toBeGreaterThan(0.8 * bound);
      expect(Math.min(...b)).toBeLessThan(-0.8 * bound);
      const variance = b.reduce((sum, value) => sum + value * value, 0) / b.length;
      expect(variance).toBeGreaterThan((0.6 * bound ** 2) / 3);
      expect(variance).toBeLessThan((1.4 * bound ** 2) / 3);
      expect(scale).toBe(8 / 6);
      expect(dropout).toBe(0);
    }
  });

  it('begins with B from N(0, 1) on an embedding', async () => {
    const weight: Parameter = {
      name: 'words.weight',
      variable: tf.variable(tf.zeros([300, 200])),
      role: 'encoder',
    };
    const words = { layers: [new Embedding('words', weight)], parameters: [weight] };
    const [pair] = await attached({ rank: 10, sites: ['words'] }, words);
    const b = pair?.b ?? [];
    const deviation = Math.hypot(...b) / Math.sqrt(b.length);
    expect(deviation).toBeGreaterThan(0.95);
    expect(deviation).toBeLessThan(1.05);
    weight.variable.dispose();
  });

  it('depends on the seed alone, not on which other layers are sites', async () => {
    const all = await attached({ seed: 4 });
    expect(await attached({ seed: 4 })).toEqual(all);
    expect(await attached({ seed: 4, sites: ['value'] })).toEqual(all.slice(2));
    const other = await attached({ seed: 5 });
    expect(other.map(({ b }) => b)).not.toEqual(all.map(({ b }) => b));
    expect(new Set(all.map(({ b }) => b[0])).size).toBe(3);
  });

  it('has the scale α/r, or α/√r', async () => {
    const scales = async (options: LoraOptions) => (await attached(options)).map(({ scale }) => scale);
    const ranks = [{ pattern: 'key', rank: 2 }];
    expect(await scales({ rank: 4, alpha: 12, ranks })).toEqual([3, 6, 3]);
    expect(await scales({ rank: 4, alpha: 12, ranks, rankStabilised: true })).toEqual([
      6,
      12 / Math.SQRT2,
      6,
    ]);
  });

  it.each([
    [{ alpha: -1 }, 'lora: alpha must be positive and finite; got -1'],
    [{ dropout: 1 }, 'lora: dropout must lie in [0, 1); got 1'],
    [{ seed: 0.5 }, 'lora: seed must be an integer; got 0.5'],
    [
      { rank: 9 },
      'lora: rank must be an integer in 1..8, the smaller side of encoder.layer.0.value [8, 12]; got 9',
    ],
  ])('refuses %j before it changes the model', async (options, message) => {
    await expect(attachMethod(model, 'lora', options)).rejects.toThrow(message);
    expect(model.layers.every(({ pair }) => pair === null)).toBe(true);
  });
});

describe('attachMethod', () => {
  it.each(methodNames)('refuses an option that %s does not have, and names a near one', async (name) => {
    const [near] = methodOptionNames(name);
    const misspelt = near === undefined ? 'rank' : `${near}x`;
    const message = near === undefined ? 'unknown option "rank"' : `did you mean "${near}"?`;
    await expect(attachMethod(model, name, { [misspelt]: 1 })).rejects.toThrow(message);
  });

  it('refuses a method that there is none of, and names a near one', async () => {
    const misspelt = 'loar' as MethodName;
    await expect(attachMethod(model, misspelt)).rejects.toThrow(
      'attachMethod: the method must be one of apca, pissa, lora, adalora, full, bitfit, head; got loar; did you mean lora?',
    );
  });

  it.each(['apca', 'pissa', 'lora', 'adalora'] as const)(
    'refuses a model that carries an adapter already: %s',
    async (name) => {
      const before = await attachMethod(model, 'lora');
      await expect(attachMethod(model, name)).rejects.toThrow(
        `${name}: encoder.layer.0.query carries an adapter already`,
      );
      before.dispose();
    },
  );

  it.each(['apca', 'pissa', 'lora', 'adalora'] as const)(
    'trains biases with %s where asked to',
    async (name) => {
      const budget = name === 'apca' ? { targetNodes: 3 } : {};
      const rank = name === 'adalora' ? { initialRank: 4, targetRank: 2 } : { rank: 4 };
      for (const encoderBiases of [true, false]) {
        const method = await attachMethod(model, name, { ...budget, ...rank, encoderBiases });
        const biases = method
          .trainables()
          .filter(({ role, name: each }) => role === 'encoder' && /bias$/.test(each));
        const expected = listNodes(model.layers, { ranks: new Map(), encoderBiases, headBiases: false });
        expect(biases.map(({ name: each }) => each)).toEqual(expected.map(({ name: each }) => each));
        expect(biases).toHaveLength(encoderBiases ? 3 : 0);
        method.dispose();
      }
    },
  );
});
