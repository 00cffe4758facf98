import { attachMethod } from '@ggm-peft/adapters';
import type { AttachedMethod } from '@ggm-peft/adapters';
import { startEngine } from '@ggm-peft/engine';
import type { Engine } from '@ggm-peft/engine';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import {
  batchTensors,
  compileForward,
  constantSchedule,
  predict,
  taskLoss,
  train,
  TrainingDivergedError,
} from '../src/index.js';
import type { TrainingOptions } from '../src/index.js';
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

const plan = (): TrainingOptions => ({
  engine,
  model,
  method,
  objective: 'classification',
  train: toySource(64),
  epochs: 2,
  batchSize: 16,
  learningRates: { encoder: 0.02, head: 0.02 },
});

describe('train', () => {
  it('learns', async () => {
    const source = toySource(200);
    const losses: number[] = [];
    await train({
      ...plan(),
      train: source,
      epochs: 8,
      afterEpoch: (_, loss) => {
        losses.push(loss);
        return Promise.resolve();
      },
    });
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] ?? NaN));
    const test = toySource(200, 2);
    const { logits } = await predict(engine, compileForward(engine, model), test);
    const right = test.labels.filter(
      (label, i) => Number((logits[2 * i + 1] ?? NaN) > (logits[2 * i] ?? NaN)) === label,
    );
    expect(right.length).toBeGreaterThan(170);
  });

  it.each(['classification', 'regression'] as const)(
    'takes the same steps with batches in parts as with whole ones, for %s',
    async (objective) => {
      const run = async (device: 'cpu' | 'gpu', shapes: 'any' | 'few'): Promise<Record<string, number[]>> => {
        const fresh = new ToyClassifier(objective === 'regression' ? 1 : 2);
        let parts = 0;
        const rows = new Set<number>();
        // A gpu's batches stay whole. A longest text of 400 tokens makes cutting the others off worth while.
        const source = toySource(36);
        const padded = {
          ...source,
          length: (index: number) => (index % 8 === 0 ? 400 : source.length(index)),
          batch: (indices: readonly number[], length?: number) => {
            parts++;
            rows.add(indices.length);
            return source.batch(indices, length);
          },
        };
        await train({
          ...plan(),
          engine: { ...engine, device, shapes },
          objective,
          model: fresh,
          method: await attachMethod(fresh, 'full'),
          train: padded,
          epochs: 1,
          batchSize: 18,
          learningRates: { encoder: 0.01, head: 0.01 },
          dropout: false,
        });
        expect(parts).toBe(device === 'cpu' ? 4 : 2);
        if (device === 'gpu') expect(rows).toEqual(new Set([18]));
        else expect(rows).toEqual(new Set([8, 16])); // whatever the engine would take
        const values = await fresh.values();
        fresh.dispose();
        return values;
      };
      const whole = await run('gpu', 'any');
      for (const shapes of ['any', 'few'] as const) {
        for (const [name, values] of Object.entries(await run('cpu', shapes))) {
          values.forEach((value, i) => {
            expect(value).toBeCloseTo(whole[name]?.[i] ?? NaN, 4);
          });
        }
      }
    },
  );

  it('gives encoder and head their own learning rates', async () => {
    const before = await model.values();
    await train({ ...plan(), learningRates: { encoder: 0, head: 0.1 } });
    const after = await model.values();
    for (const { name, role } of model.parameters) {
      if (role === 'encoder') expect(after[name]).toEqual(before[name]);
      else expect(after[name]).not.toEqual(before[name]);
    }
  });

  it('repeats itself under the same seed, and not under another', async () => {
    const run = async (seed: number): Promise<Record<string, number[]>> => {
      const fresh = new ToyClassifier(2);
      await train({ ...plan(), model: fresh, method: await attachMethod(fresh, 'full'), seed });
      const values = await fresh.values();
      fresh.dispose();
      return values;
    };
    const first = await run(3);
    expect(await run(3)).toEqual(first);
    expect(await run(4)).not.toEqual(first);
  });

  it('draws new dropout masks for every part of every batch, counting through the run', async () => {
    const draws: (number | undefined)[] = [];
    const seeds: unknown[] = [];
    const counting: Engine = {
      ...engine,
      compile: (step, options) => {
        seeds.push(options?.streams);
        const compiled = engine.compile(step, options);
        return {
          ...compiled,
          run: (inputs, run) => {
            draws.push(run?.draw);
            return compiled.run(inputs, run);
          },
        };
      },
    };
    const source = toySource(64);
    const uneven = { ...source, length: (index: number) => (index % 16 === 0 ? 400 : source.length(index)) };
    await train({ ...plan(), engine: counting, train: uneven, seed: 11 });
    expect(seeds).toEqual([{ dropout: { seed: 11 } }]);
    expect(draws.length).toBeGreaterThan(2 * 4);
    expect(draws).toEqual(draws.map((_, i) => i));
  });

  it('does without dropout where it is off', async () => {
    const run = async (dropout: boolean): Promise<Record<string, number[]>> => {
      const fresh = new ToyClassifier(2);
      await train({ ...plan(), model: fresh, method: await attachMethod(fresh, 'full'), dropout });
      const values = await fresh.values();
      fresh.dispose();
      return values;
    };
    expect(await run(true)).not.toEqual(await run(false));
  });

  it('reports every step with its loss', async () => {
    const steps: number[] = [];
    await train({
      ...plan(),
      schedule: constantSchedule,
      onEvent: (event) => {
        if (event.type !== 'step') return;
        steps.push(event.globalStep);
        expect(event.totalSteps).toBe(8);
        expect(event.factor).toBe(1);
        expect(event.loss).toBeGreaterThan(0);
      },
    });
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('can be stopped by a timer, as by Ctrl-C, and leaves no tensors behind', async () => {
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort();
    }, 50);
    await expect(train({ ...plan(), epochs: 100_000, signal: controller.signal })).rejects.toThrow(/abort/i);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says when it diverges, and leaves no tensors behind', async () => {
    const before = tf.memory().numTensors;
    await expect(train({ ...plan(), learningRates: { encoder: 1e38, head: 1e38 } })).rejects.toThrow(
      TrainingDivergedError,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([-1, 2])('ends at the label %d of two classes, and says which labels there are', async (label) => {
    const source = toySource(16);
    const batch: typeof source.batch = (indices, length) => {
      const { inputs, labels } = source.batch(indices, length);
      return { inputs, labels: labels.map((one, row) => (row === 0 ? label : one)) };
    };
    await expect(train({ ...plan(), train: { ...source, batch } })).rejects.toThrow(
      `classes must be 0..outputs-1 (this batch has labels ${Math.min(label, 0)} to ${Math.max(label, 1)})`,
    );
  });

  it.each([
    [{ epochs: 0 }, 'train: epochs must be an integer of at least 1; got 0'],
    [{ batchSize: 1.5 }, 'train: batchSize must be an integer of at least 1; got 1.5'],
    [
      { learningRates: { encoder: NaN, head: 1 } },
      'train: learningRates.encoder must be finite and not negative; got NaN',
    ],
    [
      { learningRates: { encoder: 1 } },
      'train: learningRates.head must be finite and not negative; got undefined',
    ],
    [
      { learningRates: undefined },
      'train: learningRates.encoder must be finite and not negative; got undefined',
    ],
    [{ learningRate: 1 }, 'train: unknown option learningRate; known: engine, model, method'],
    [
      { objective: 'classifcation' },
      'train: objective must be one of classification, regression; got classifcation',
    ],
    [{ maxGradientNorm: -1 }, 'train: maxGradientNorm must not be negative; got -1'],
    [{ train: toySource(0) }, 'train: the training set is empty'],
  ])('refuses %j', async (change: object, message) => {
    await expect(train({ ...plan(), ...change })).rejects.toThrow(message);
  });
});

describe('predict', () => {
  it.each(['any', 'few'] as const)(
    'gives outputs in the order of the examples, with %s shapes',
    async (shapes) => {
      const source = toySource(30);
      const forward = compileForward(engine, model);
      const { logits, outputs } = await predict({ ...engine, shapes }, forward, source, { batchSize: 7 });
      expect(outputs).toBe(2);
      for (let i = 0; i < source.size; i++) {
        const tensors = batchTensors(source.batch([i]));
        const { logits: single } = await forward.run(tensors);
        const [a = NaN, b = NaN] = (await single?.data()) ?? [];
        expect(logits[2 * i]).toBeCloseTo(a, 5);
        expect(logits[2 * i + 1]).toBeCloseTo(b, 5);
        tf.dispose([tensors, single ?? []]);
      }
    },
  );

  it('refuses a forward pass that was compiled for other adapters', async () => {
    const forward = compileForward(engine, model);
    const source = toySource(3);
    const adapted = await attachMethod(model, 'lora', { sites: ['query'], rank: 2 });
    await expect(predict(engine, forward, source)).rejects.toThrow(
      'compileForward: the forward pass must be compiled again: encoder.query carried another adapter, or none',
    );
    const withPair = compileForward(engine, model);
    expect((await predict(engine, withPair, source)).logits).toHaveLength(6);
    adapted.dispose();
    await expect(predict(engine, withPair, source)).rejects.toThrow('must be compiled again: encoder.query');
    expect((await predict(engine, forward, source)).logits).toHaveLength(6);
  });

  it('refuses outputs that are not numbers', async () => {
    const [first] = model.parameters;
    tf.tidy(() => {
      first?.variable.assign(tf.fill(first.variable.shape, NaN));
    });
    await expect(predict(engine, compileForward(engine, model), toySource(3))).rejects.toThrow(
      'predict: the logits are not finite',
    );
  });
});

describe('taskLoss', () => {
  it('is mean cross entropy for classes and mean squared error for scores', () => {
    const value = (loss: tf.Scalar): number => loss.dataSync()[0] ?? NaN;
    tf.tidy(() => {
      const logits = tf.tensor2d([1, 2, 3, 0, 0, 0], [2, 3]);
      const first = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)) - 3;
      const loss = taskLoss('classification', logits, tf.tensor1d([2, 1]));
      expect(value(loss)).toBeCloseTo((first + Math.log(3)) / 2, 5);
      const scores = tf.tensor2d([1, 4], [2, 1]);
      expect(value(taskLoss('regression', scores, tf.tensor1d([2, 1])))).toBeCloseTo(5, 5);
      const weights = tf.tensor1d([0.25, 0]);
      expect(value(taskLoss('regression', scores, tf.tensor1d([2, 1]), weights))).toBeCloseTo(0.25, 6);
      expect(value(taskLoss('classification', logits, tf.tensor1d([2, 1]), weights))).toBeCloseTo(
        first / 4,
        6,
      );
    });
  });
});
