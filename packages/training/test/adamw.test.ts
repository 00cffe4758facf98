/** The contract of an optimiser, kept by both implementations: arrays in host memory, and tfjs ops for a device. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Trainable } from '@ggm-peft/adapters';
import { normals, seededGenerator } from '@ggm-peft/random';
import * as tf from '@tensorflow/tfjs';

import { adamW } from '../src/index.js';
import type { Optimiser } from '../src/index.js';

let tensorsBefore = 0;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

const trainable = (
  name: string,
  values: number[],
  shape: number[],
  role: Trainable['role'] = 'encoder',
): Trainable => ({
  name,
  variable: tf.tidy(() => tf.variable(tf.tensor(values, shape))),
  role,
});

/** PyTorch's AdamW written out in float64 for one value. */
function reference(start: number, gradients: number[], rate: number, decay: number): number {
  let [w, m, v] = [start, 0, 0];
  gradients.forEach((g, i) => {
    const t = i + 1;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    w -= rate * decay * w;
    w -= (rate * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
  });
  return w;
}

const gradientsAt = (step: number): number[] => [0.5 - step, 2 + step, -0.25 * step, 1e-3];

function run(optimiser: Optimiser, items: readonly Trainable[], steps: number, from = 0): void {
  for (let i = from; i < from + steps; i++) {
    const gradients = new Map<string, tf.Tensor>();
    for (const { name, variable } of items) {
      gradients.set(name, tf.tensor(gradientsAt(i).slice(0, variable.size), [...variable.shape]));
    }
    optimiser.step(gradients, { encoder: 0.1, head: 0.02 });
    tf.dispose([...gradients.values()]);
  }
}

describe.each(['host', 'device'] as const)('AdamW for tensors on the %s', (memory) => {
  const engine = { memory };

  it.each([2 ** 20, 5, 1])('follows PyTorch, with buffers of %d values', (bufferSize) => {
    const items = [
      trainable('matrix', [1, -2, 3, 0.5], [2, 2]),
      trainable('vector', [1, -2, 3], [3]),
      trainable('other', [4, 4], [1, 2]),
      trainable('head', [1, -2], [2], 'head'),
    ];
    const starts = items.map(({ variable }) => [...variable.dataSync()]);
    const optimiser = adamW(engine, items, { weightDecay: 0.1, bufferSize });
    run(optimiser, items, 4);
    items.forEach(({ variable, role }, k) => {
      const decay = variable.rank > 1 ? 0.1 : 0;
      const rate = role === 'head' ? 0.02 : 0.1;
      variable.dataSync().forEach((value, i) => {
        const gradients = [0, 1, 2, 3].map((step) => gradientsAt(step)[i] ?? NaN);
        expect(value).toBeCloseTo(reference(starts[k]?.[i] ?? NaN, gradients, rate, decay), 5);
      });
    });
    expect(optimiser.steps).toBe(4);
    optimiser.dispose();
    tf.dispose(items.map(({ variable }) => variable));
  });

  it('keeps the moments of what goes on training, sliced or whole', () => {
    const pair = trainable('pair', [1, -2, 3, 0.5], [2, 2]);
    const bias = trainable('bias', [1, 2], [2]);
    const gone = trainable('gone', [7], [1]);
    const optimiser = adamW(engine, [pair, bias, gone]);
    run(optimiser, [pair, bias, gone], 3);

    const slim = trainable(
      'pair',
      [...pair.variable.dataSync()].filter((_, i) => i % 2 === 1),
      [2, 1],
    );
    pair.variable.dispose();
    const fresh = trainable('fresh', [5], [1]);
    optimiser.reallocate([slim, bias, fresh], new Map([['pair', { axis: 1, indices: [1] }]]));

    // Column 1 of the pair holds elements 1 and 3: give it their gradients.
    for (let i = 3; i < 5; i++) {
      const g = gradientsAt(i);
      const gradients = new Map<string, tf.Tensor>([
        ['pair', tf.tensor([g[1] ?? NaN, g[3] ?? NaN], [2, 1])],
        ['bias', tf.tensor(g.slice(0, 2))],
        ['fresh', tf.tensor([0])],
      ]);
      optimiser.step(gradients, { encoder: 0.1, head: 0.1 });
      tf.dispose([...gradients.values()]);
    }
    const expected = (start: number, index: number): number =>
      reference(
        start,
        [0, 1, 2, 3, 4].map((step) => gradientsAt(step)[index] ?? NaN),
        0.1,
        0,
      );
    const values = slim.variable.dataSync();
    expect(values[0]).toBeCloseTo(expected(-2, 1), 5);
    expect(values[1]).toBeCloseTo(expected(0.5, 3), 5);
    expect(bias.variable.dataSync()[0]).toBeCloseTo(expected(1, 0), 5);
    expect(fresh.variable.dataSync()[0]).toBe(5);
    expect(optimiser.steps).toBe(5);
    optimiser.dispose();
    tf.dispose([slim.variable, bias.variable, gone.variable, fresh.variable]);
  });

  it.each([2 ** 20, 3])(
    'goes on from a state to the last bit, with buffers of %d values',
    async (bufferSize) => {
      const make = (): Trainable[] => [trainable('a', [1, -2, 3, 0.5], [2, 2]), trainable('b', [1, 2], [2])];
      const [left, stopped] = [make(), make()];
      const options = { weightDecay: 0.1, bufferSize };
      const uninterrupted = adamW(engine, left, options);
      run(uninterrupted, left, 5);
      const first = adamW(engine, stopped, options);
      run(first, stopped, 3);
      const second = adamW(engine, stopped, options);
      second.restore(await first.state());
      first.dispose();
      expect(second.steps).toBe(3);
      run(second, stopped, 2, 3);
      expect(stopped.map(({ variable }) => [...variable.dataSync()])).toEqual(
        left.map(({ variable }) => [...variable.dataSync()]),
      );
      const { steps, moments } = await second.state();
      const short = new Map([...moments, ['b', { first: new Float32Array(2), second: new Float32Array(1) }]]);
      expect(() => {
        second.restore({ steps, moments: short });
      }).toThrow('adamW: the state must hold 2 moments of 2 values for b; got 2 and 1');
      expect(() => {
        second.restore({ steps, moments: new Map() });
      }).toThrow('2 moments of 4 values for a; got none and none');
      uninterrupted.dispose();
      second.dispose();
      tf.dispose([...left, ...stopped].map(({ variable }) => variable));
    },
  );

  it('wants a gradient for everything that trains', () => {
    const item = trainable('w', [1], [1]);
    const optimiser = adamW(engine, [item]);
    expect(() => {
      optimiser.step(new Map(), { encoder: 1, head: 1 });
    }).toThrow('adamW: gradients must hold every trainable; w is missing');
    optimiser.dispose();
    item.variable.dispose();
  });

  it.each([
    [{ beta1: 1 }, 'adamW: beta1 must lie in [0, 1); got 1'],
    [{ epsilon: 0 }, 'adamW: epsilon must be positive; got 0'],
    [{ weightDecay: -1 }, 'adamW: weightDecay must not be negative; got -1'],
    [{ maxNorm: -1 }, 'adamW: maxNorm must not be negative; got -1'],
    [{ bufferSize: 0 }, 'adamW: bufferSize must be at least 1; got 0'],
  ])('refuses %j', (options, message) => {
    expect(() => adamW(engine, [], options)).toThrow(message);
  });

  const clip = (values: number[], maxNorm: number): number[] =>
    tf.tidy(() => {
      const [first = NaN, ...others] = values;
      const gradients = new Map<string, tf.Tensor>([
        ['a', tf.tensor([first])],
        ['b', tf.tensor(others)],
      ]);
      const optimiser = adamW(engine, [], { maxNorm });
      return [...optimiser.clipped(gradients).values()].flatMap((gradient) => [...gradient.dataSync()]);
    });

  it('brings a large norm down to the bound and leaves a small one alone', () => {
    const [a, b, c] = clip([3, 4, 12], 1);
    expect(a).toBeCloseTo(3 / 13, 5);
    expect(b).toBeCloseTo(4 / 13, 5);
    expect(c).toBeCloseTo(12 / 13, 5);
    clip([0.3, 0.4, 0], 1).forEach((value, i) => {
      expect(value).toBeCloseTo([0.3, 0.4, 0][i] ?? NaN, 6);
    });
    expect(clip([0, 0, 0], 1)).toEqual([0, 0, 0]);
    expect(clip([3, 4, 12], 0)).toEqual([3, 4, 12]);
  });

  it('steps with the gradients that it calls clipped, and leaves the given ones as they are', () => {
    const starts = [1, -2, 3, 0.5];
    const [direct, through] = ['direct', 'through'].map((name) => trainable(name, starts, [2, 2]));
    if (direct === undefined || through === undefined) throw new Error('two trainables are needed');
    const clipping = adamW(engine, [direct], { maxNorm: 1, epsilon: 0.1 });
    const plain = adamW(engine, [through], { epsilon: 0.1 });
    for (let i = 0; i < 3; i++) {
      const gradient = tf.tensor(gradientsAt(i), [2, 2]);
      const clipped = clipping.clipped(new Map([['direct', gradient]]));
      clipping.step(new Map([['direct', gradient]]), { encoder: 0.1, head: 0 });
      plain.step(new Map([['through', clipped.get('direct') ?? gradient]]), { encoder: 0.1, head: 0 });
      expect([...gradient.dataSync()]).toEqual([...Float32Array.from(gradientsAt(i))]);
      tf.dispose([gradient, ...clipped.values()]);
    }
    direct.variable.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo(through.variable.dataSync()[i] ?? NaN, 6);
      expect(value).not.toBeCloseTo(starts[i] ?? NaN, 3);
    });
    clipping.dispose();
    plain.dispose();
    tf.dispose([direct.variable, through.variable]);
  });

  it('gives a variable a new tensor at each step, and changes neither clones nor what it started from', () => {
    const start = Float32Array.of(1, 2, 3);
    const variable = tf.tidy(() => tf.variable(tf.tensor1d(start)));
    const items: Trainable[] = [{ name: 'w', variable, role: 'encoder' }];
    const optimiser = adamW(engine, items);
    const ids = new Set([variable.dataId]);
    const clones: tf.Tensor[] = [];
    const seen: number[][] = [];
    for (let i = 0; i < 3; i++) {
      run(optimiser, items, 1, i);
      ids.add(variable.dataId);
      clones.push(variable.clone());
      seen.push([...variable.dataSync()]);
    }
    expect(ids.size).toBe(4);
    expect([...start]).toEqual([1, 2, 3]);
    expect(clones.map((clone) => [...clone.dataSync()])).toEqual(seen);
    // Values assigned from elsewhere are what the next step starts from
    tf.tidy(() => {
      variable.assign(tf.tensor1d([10, 20, 30]));
    });
    run(optimiser, items, 1, 3);
    variable.dataSync().forEach((value, i) => {
      expect(Math.abs(value - 10 * (i + 1))).toBeLessThan(0.2);
    });
    optimiser.dispose();
    tf.dispose([variable, ...clones]);
  });
});

describe('the two implementations', () => {
  it('agree on many values of all sizes', () => {
    const normal = normals(seededGenerator(3));
    const draw = (size: number): number[] =>
      Array.from({ length: size }, (_, i) => normal() * 10 ** ((i % 9) - 6));
    const shapes = [[30, 7], [7], [5, 4, 3], [1]];
    const starts = shapes.map((shape) => draw(shape.reduce((product, side) => product * side, 1)));
    const gradients = Array.from({ length: 20 }, () => starts.map(({ length }) => draw(length)));
    const [host = [], device = []] = (['host', 'device'] as const).map((memory) => {
      const items = shapes.map((shape, k) => trainable(`t${k}`, starts[k] ?? [], shape));
      const optimiser = adamW({ memory }, items, { weightDecay: 0.1, maxNorm: 1, epsilon: 1e-6 });
      for (const values of gradients) {
        const named = new Map(
          items.map(({ name, variable }, k) => [name, tf.tensor(values[k] ?? [], variable.shape)] as const),
        );
        optimiser.step(named, { encoder: 0.01, head: 0 });
        tf.dispose([...named.values()]);
      }
      const end = items.flatMap(({ variable }) => [...variable.dataSync()]);
      optimiser.dispose();
      tf.dispose(items.map(({ variable }) => variable));
      return end;
    });
    expect(host).toHaveLength(starts.flat().length);
    host.forEach((value, i) => {
      expect(Math.abs(value - (device[i] ?? NaN))).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
    });
  });
});
