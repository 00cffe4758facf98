/** A method's own term of the loss, and methods that end without having done their work. */
import { attachMethod } from '@ggm-peft/adapters';
import type { AttachedMethod } from '@ggm-peft/adapters';
import { startEngine } from '@ggm-peft/engine';
import type { Engine } from '@ggm-peft/engine';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { train } from '../src/index.js';
import type { TrainingEvent, TrainingOptions } from '../src/index.js';
import { StagedToy } from './staged-toy.js';
import { ToyClassifier, toySource } from './toy.js';

let engine: Engine;
let model: ToyClassifier;
let method: AttachedMethod;

beforeAll(async () => {
  engine = await startEngine('cpu');
});
afterAll(async () => {
  await engine.dispose();
});
beforeEach(async () => {
  model = new ToyClassifier(2);
  method = await attachMethod(model, 'full');
});
afterEach(() => {
  model.dispose();
});

/** The losses of the first epoch's steps; with a rate of zero nothing changes. */
async function losses(trained: AttachedMethod, rate = 0, device: 'cpu' | 'gpu' = 'cpu'): Promise<number[]> {
  const seen: number[] = [];
  const source = toySource(24);
  await train({
    engine: {
      ...engine,
      device,
      shapes: device === 'cpu' ? 'few' : 'any',
      compile: engine.compile.bind(engine),
    },
    model,
    method: trained,
    objective: 'classification',
    // One text in eight is long, so that a batch on a cpu is computed in parts.
    train: { ...source, length: (index) => (index % 8 === 0 ? 400 : source.length(index)) },
    epochs: 1,
    batchSize: 12,
    dropout: false,
    learningRates: { encoder: rate, head: rate },
    onEvent: (event: TrainingEvent) => {
      if (event.type === 'step') seen.push(event.loss);
    },
  } satisfies TrainingOptions);
  return seen;
}

const squares = (): tf.Scalar =>
  tf.addN(method.trainables().map(({ variable }) => tf.sum(tf.square(variable)))).asScalar();

describe('a regulariser', () => {
  it.each(['cpu', 'gpu'] as const)(
    'is added once to a batch’s loss, in parts or whole: %s',
    async (device) => {
      const plain = await losses(method, 0, device);
      const [term = NaN] = tf.tidy(() => squares().dataSync());
      const regularised = await losses({ ...method, regulariser: squares }, 0, device);
      expect(regularised).toHaveLength(2);
      regularised.forEach((loss, i) => {
        expect(loss - (plain[i] ?? NaN)).toBeCloseTo(term, 4);
      });
    },
  );

  it('takes part in the gradients', async () => {
    const norm = (): number => tf.tidy(() => squares().dataSync()[0] ?? NaN);
    const before = norm();
    await losses({ ...method, regulariser: () => tf.mul(1000, squares()) }, 1e-3);
    const after = norm();
    expect(after).toBeLessThan(before);
  });
});

describe('a method that did not do its work', () => {
  it('is an error when training ends', async () => {
    await expect(losses({ ...method, pending: 'has selected no nodes: it slept' })).rejects.toThrow(
      'train: full has selected no nodes: it slept',
    );
  });
});

describe('backward', () => {
  it('stops at the lowest layer that trains', async () => {
    const toy = new StagedToy();
    const inputs = { ids: tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32') };
    const kernels = async (names: readonly string[]): Promise<number> => {
      const trained = toy.parameters
        .filter(({ name }) => names.includes(name))
        .map(({ variable }) => variable);
      const { kernels: run } = await tf.profile(() => {
        const { value, grads } = tf.variableGrads(() => tf.sum(toy.logits(inputs, null)).asScalar(), trained);
        expect(Object.keys(grads)).toHaveLength(names.length);
        return [value, ...Object.values(grads)];
      });
      return run.filter(({ name }) => name === 'BatchMatMul').length;
    };
    // Forward takes 3 products. A layer takes one for its weight and, where something below trains, one for its input.
    expect(await kernels(['head.weight'])).toBe(4);
    expect(await kernels(['layer.1.weight'])).toBe(5);
    expect(await kernels(['layer.0.weight'])).toBe(6);
    expect(await kernels(['layer.0.weight', 'layer.1.weight', 'head.weight'])).toBe(8);
    toy.dispose();
    tf.dispose(inputs);
  });
});
