/** Training on a frozen prefix's kept output: the same steps as without, and a file that comes and goes. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attachMethod } from '@ggm-peft/adapters';
import { startEngine } from '@ggm-peft/engine';
import type { Engine } from '@ggm-peft/engine';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { PrefixCacheError, train, TrainingDivergedError } from '../src/index.js';
import type { KeptPrefix, TrainingEvent, TrainingOptions } from '../src/index.js';
import { headStage, StagedToy, trainingFrom, width } from './staged-toy.js';
import { ToyClassifier, toySource } from './toy.js';

const source = toySource(50);
const allTokens = Array.from({ length: source.size }, (_, i) => source.length(i)).reduce((a, b) => a + b);
const bytesAt = (stage: number): number => 4 * width * (stage === headStage ? source.size : allTokens);

let engine: Engine;
let folder: string;

beforeAll(async () => {
  engine = await startEngine('cpu');
  folder = await mkdtemp(join(tmpdir(), 'ggm-peft-prefix-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

type Change = Partial<Omit<TrainingOptions, 'model'>>;

interface Outcome {
  readonly losses: number[];
  readonly values: number[][];
  readonly kept: KeptPrefix[];
  readonly model: StagedToy;
}

/** Trains a new model and disposes of its weights; `change` may depend on it. */
async function run(stage: number, cached: boolean, change: (model: StagedToy) => Change = () => ({})) {
  const model = new StagedToy();
  const outcome: Outcome = { losses: [], values: [], kept: [], model };
  const { onEvent, ...others } = change(model);
  try {
    await train({
      engine,
      model,
      method: trainingFrom(model, stage),
      objective: 'classification',
      train: source,
      epochs: 3,
      batchSize: 16,
      learningRates: { encoder: 0.02, head: 0.02 },
      dropout: false,
      ...(cached ? { cachePrefix: { folder } } : {}),
      ...others,
      onEvent: (event) => {
        if (event.type === 'step') outcome.losses.push(event.loss);
        if (event.type === 'prefix') outcome.kept.push(event.prefix);
        onEvent?.(event);
      },
    });
    outcome.values.push(...(await model.values()));
  } finally {
    model.dispose();
  }
  return outcome;
}

function expectSame(actual: Outcome, expected: Outcome): void {
  expect(actual.losses).toHaveLength(expected.losses.length);
  actual.losses.forEach((loss, i) => {
    expect(loss).toBeCloseTo(expected.losses[i] ?? NaN, 5);
  });
  actual.values.flat().forEach((value, i) => {
    expect(value).toBeCloseTo(expected.values.flat()[i] ?? NaN, 4);
  });
}

describe('train with cachePrefix', () => {
  it.each([
    [1, 'whole', 'gpu'],
    [1, 'filled-up', 'cpu'],
    [2, 'whole', 'gpu'],
    [2, 'filled-up', 'cpu'],
  ] as const)('takes the same steps from stage %d on, with %s batches', async (stage, _, device) => {
    const on = { engine: { ...engine, device, shapes: 'any' as const } };
    const plain = await run(stage, false, () => on);
    const cached = await run(stage, true, () => on);
    expectSame(cached, plain);
    expect(plain.kept).toEqual([]);
    expect(cached.kept).toEqual([
      { stage, examples: source.size, bytes: bytesAt(stage), seconds: expect.any(Number) },
    ]);
  });

  it('computes the prefix once, not in every epoch', async () => {
    const once = await run(1, true, () => ({ epochs: 1 }));
    const thrice = await run(1, true);
    expect(once.model.prefixes).toBeGreaterThan(0);
    expect(thrice.model.prefixes).toBe(once.model.prefixes);
  });

  it.each([1, 2])('drops from stage %d on alone', async (stage) => {
    const still = await run(stage, true);
    const dropped = await run(stage, true, () => ({ dropout: true }));
    expect(dropped.losses).not.toEqual(still.losses);
    expect([...dropped.model.droppedIn].sort()).toEqual([1, 2].slice(stage - 1));
  });

  it('keeps one file of the size that it reports, while it trains', async () => {
    const sizes: number[] = [];
    const { kept } = await run(1, true, () => ({
      onEvent: ({ type }) => {
        if (type !== 'step') return;
        const names = readdirSync(folder);
        expect(names).toEqual([expect.stringMatching(/^frozen-prefix-.*\.f32$/)]);
        sizes.push(...names.map((name) => statSync(join(folder, name)).size));
      },
    }));
    expect(new Set(sizes)).toEqual(new Set([kept[0]?.bytes]));
    expect(await readdir(folder)).toEqual([]);
  });

  it('says how many examples are kept, while the file has a temporary name', async () => {
    const done: number[] = [];
    await run(1, true, () => ({
      onEvent: (event) => {
        if (event.type !== 'filling') return;
        expect(readdirSync(folder)).toEqual([expect.stringMatching(/\.f32\.partial$/)]);
        expect(event.total).toBe(source.size);
        done.push(event.done);
      },
    }));
    expect(done[0]).toBe(0);
    expect(done.at(-1)).toBe(source.size);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  it('keeps nothing, and says so, where the first stage trains', async () => {
    const cached = await run(0, true, () => ({
      onEvent: ({ type }) => {
        if (type === 'step') expect(readdirSync(folder)).toEqual([]);
      },
    }));
    expect(cached.kept).toEqual([{ stage: 0, examples: 0, bytes: 0, seconds: 0 }]);
    expectSame(cached, await run(0, false));
  });

  it.each([
    [0, 2],
    [1, 1],
    [1, 2],
    [2, 1],
  ])('computes it anew when what trains changes from stage %d to %d', async (before, after) => {
    const files = new Set<string>();
    const changing =
      (look: boolean) =>
      (model: StagedToy): Change => ({
        // As freezing does, which folds what no longer trains into the weights below.
        method: trainingFrom(model, before, after, () => {
          const [table] = model.parameters;
          tf.tidy(() => table?.variable.assign(tf.mul(table.variable, -0.7)));
        }),
        onEvent: ({ type }) => {
          if (type !== 'epoch' || !look) return;
          const names = readdirSync(folder);
          expect(names.length).toBeLessThanOrEqual(1);
          names.forEach((name) => files.add(name));
        },
      });
    const cached = await run(before, true, changing(true));
    expect(cached.kept.map(({ stage, bytes }) => [stage, bytes])).toEqual([
      [before, before === 0 ? 0 : bytesAt(before)],
      [after, bytesAt(after)],
    ]);
    expect(files.size).toBe(before === 0 ? 1 : 2);
    expectSame(cached, await run(before, false, changing(false)));
  });

  const at =
    (type: TrainingEvent['type'], act: () => void): NonNullable<TrainingOptions['onEvent']> =>
    (event) => {
      if (event.type === type) act();
    };

  it.each(['filling', 'prefix', 'step'] as const)(
    'leaves no file and no tensors when it is stopped at the event %s',
    async (type) => {
      const before = tf.memory().numTensors;
      const controller = new AbortController();
      let events = 0;
      const abort = at(type, () => {
        events++;
        expect(readdirSync(folder)).toHaveLength(1);
        controller.abort();
      });
      const aborted = run(1, true, () => ({ signal: controller.signal, onEvent: abort }));
      await expect(aborted).rejects.toThrow(/abort/i);
      expect(events).toBe(1);
      expect(await readdir(folder)).toEqual([]);
      const fail = at(type, () => {
        throw new Error('the caller failed');
      });
      await expect(run(1, true, () => ({ onEvent: fail }))).rejects.toThrow('the caller failed');
      expect(await readdir(folder)).toEqual([]);
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('leaves no file when it diverges', async () => {
    const huge = { learningRates: { encoder: 1e38, head: 1e38 } };
    await expect(run(1, true, () => huge)).rejects.toThrow(TrainingDivergedError);
    expect(await readdir(folder)).toEqual([]);
  });

  it('says when the file has been damaged', async () => {
    const cut = at('epoch', () => {
      for (const name of readdirSync(folder)) truncateSync(join(folder, name), 40);
    });
    const damaged = run(1, true, () => ({ onEvent: cut }));
    await expect(damaged).rejects.toThrow(PrefixCacheError);
    await expect(damaged).rejects.toThrow(
      /frozen-prefix-.*\.f32 is shorter than it was written: it has been damaged/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('names the folder and the bytes that it needs when it cannot write', async () => {
    const file = join(folder, 'no-folder');
    await writeFile(file, '');
    for (const [wrong, reason] of [
      [join(folder, 'nowhere'), 'ENOENT'],
      [file, 'ENOTDIR'],
    ] as const) {
      const refused = run(2, true, () => ({ cachePrefix: { folder: wrong } }));
      await expect(refused).rejects.toThrow(PrefixCacheError);
      await expect(refused).rejects.toThrow(
        'train: cachePrefix.folder must be a folder that can be written to, with room for ' +
          `${bytesAt(2)} bytes; got ${wrong}: `,
      );
      await expect(refused).rejects.toThrow(reason);
    }
    await rm(file);
  });

  it('refuses a model without stages', async () => {
    const model = new ToyClassifier(2);
    const method = await attachMethod(model, 'head');
    const refused = train({
      engine,
      model,
      method,
      objective: 'classification',
      train: source,
      epochs: 1,
      batchSize: 16,
      learningRates: { encoder: 0.1, head: 0.1 },
      cachePrefix: { folder },
    });
    await expect(refused).rejects.toThrow(
      'train: cachePrefix needs a model in stages (StagedModel of @ggm-peft/adapters); got one without them',
    );
    model.dispose();
  });

  it('refuses a source whose inputs are padded to no one length', async () => {
    const uneven = {
      ...source,
      batch: (indices: readonly number[], length?: number) => {
        const batch = source.batch(indices, length);
        const extra = { data: new Int32Array(indices.length), shape: [indices.length, 1] };
        return { ...batch, inputs: { ...batch.inputs, extra } };
      },
    };
    await expect(run(1, true, () => ({ train: uneven }))).rejects.toThrow(
      /the inputs of a model in stages must be \[batch, length\]; their second sides are \d, 1$/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses a prefix that is too small for its example', async () => {
    const small = (model: StagedToy): Change => {
      const whole = model.prefix.bind(model);
      model.prefix = (stage, inputs) => whole(stage, inputs).slice([0, 0, 0], [-1, 1, width]);
      return {};
    };
    await expect(run(1, true, small)).rejects.toThrow(
      /the model's prefix must give float32 \[batch, tokens, width\] with at least \d+ values an example; got \[\d+, 1, 6\]/,
    );
    expect(await readdir(folder)).toEqual([]);
  });
});
