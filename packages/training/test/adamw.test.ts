import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Trainable } from '@ggm-peft/adapters';
import * as tf from '@tensorflow/tfjs';

import { AdamW, clipGradients } from '../src/index.js';

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

function run(optimiser: AdamW, items: readonly Trainable[], steps: number, from = 0): void {
  for (let i = from; i < from + steps; i++) {
    const gradients = new Map<string, tf.Tensor>();
    for (const { name, variable } of items) {
      gradients.set(name, tf.tensor(gradientsAt(i).slice(0, variable.size), [...variable.shape]));
    }
    optimiser.step(gradients, { encoder: 0.1, head: 0.02 });
    tf.dispose([...gradients.values()]);
  }
}

describe('AdamW', () => {
  it.each([2 ** 20, 5, 1])('follows PyTorch, with buffers of %d values', (bufferSize) => {
    const items = [
      trainable('matrix', [1, -2, 3, 0.5], [2, 2]),
      trainable('vector', [1, -2, 3], [3]),
      trainable('other', [4, 4], [1, 2]),
      trainable('head', [1, -2], [2], 'head'),
    ];
    const starts = items.map(({ variable }) => [...variable.dataSync()]);
    const optimiser = new AdamW(items, { weightDecay: 0.1, bufferSize });
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
    const optimiser = new AdamW([pair, bias, gone]);
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

  it('wants a gradient for everything that trains', () => {
    const item = trainable('w', [1], [1]);
    const optimiser = new AdamW([item]);
    expect(() => {
      optimiser.step(new Map(), { encoder: 1, head: 1 });
    }).toThrow('AdamW: gradients must hold every trainable; w is missing');
    optimiser.dispose();
    item.variable.dispose();
  });

  it.each([
    [{ beta1: 1 }, 'AdamW: beta1 must lie in [0, 1); got 1'],
    [{ epsilon: 0 }, 'AdamW: epsilon must be positive; got 0'],
    [{ weightDecay: -1 }, 'AdamW: weightDecay must not be negative; got -1'],
  ])('refuses %j', (options, message) => {
    expect(() => new AdamW([], options)).toThrow(message);
  });
});

describe('clipGradients', () => {
  it('brings a large norm down to the bound and leaves a small one alone', () => {
    const clip = (values: number[], bound: number): number[] =>
      tf.tidy(() => {
        const [first = NaN, ...others] = values;
        const gradients = new Map<string, tf.Tensor>([
          ['a', tf.tensor([first])],
          ['b', tf.tensor(others)],
        ]);
        return [...clipGradients(gradients, bound).values()].flatMap((gradient) => [...gradient.dataSync()]);
      });
    const [a, b, c] = clip([3, 4, 12], 1);
    expect(a).toBeCloseTo(3 / 13, 5);
    expect(b).toBeCloseTo(4 / 13, 5);
    expect(c).toBeCloseTo(12 / 13, 5);
    clip([0.3, 0.4, 0], 1).forEach((value, i) => {
      expect(value).toBeCloseTo([0.3, 0.4, 0][i] ?? NaN, 6);
    });
    expect(clip([0, 0, 0], 1)).toEqual([0, 0, 0]);
  });
});
