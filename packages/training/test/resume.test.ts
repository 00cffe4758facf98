/** A run that is stopped anywhere and resumed ends as the run that was left alone, to the last bit. */
import { attachMethod, countTrainables } from '@ggm-peft/adapters';
import type { AttachedMethod, MethodName } from '@ggm-peft/adapters';
import { startEngine } from '@ggm-peft/engine';
import type { Engine } from '@ggm-peft/engine';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readTrainingState, train } from '../src/index.js';
import type { TrainingOptions } from '../src/index.js';
import { ToyClassifier, toySource } from './toy.js';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await startEngine('cpu');
  folder = await mkdtemp(join(tmpdir(), 'ggm-peft-resume-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

const stepsPerEpoch = 4;
const epochs = 3;
const sites = ['query'];
const apcaOptions = { sites, rank: 4, targetNodes: 3, importantNodes: 1 };
const attach: { readonly [N in MethodName]: (model: ToyClassifier) => Promise<AttachedMethod> } = {
  apca: (model) => attachMethod(model, 'apca', apcaOptions),
  pissa: (model) => attachMethod(model, 'pissa', { sites, rank: 2, encoderBiases: true }),
  lora: (model) => attachMethod(model, 'lora', { sites, rank: 2, dropout: 0.2 }),
  adalora: (model) => attachMethod(model, 'adalora', { sites, initialRank: 4, targetRank: 2 }),
  full: (model) => attachMethod(model, 'full'),
  bitfit: (model) => attachMethod(model, 'bitfit'),
  head: (model) => attachMethod(model, 'head'),
};
const path = (): string => join(folder, 'state.safetensors');

interface Setting {
  readonly method: MethodName;
  readonly memory: Engine['memory'];
}

interface Run extends Setting {
  readonly model: ToyClassifier;
  readonly attached: AttachedMethod;
  readonly losses: number[];
  /** Mean losses by epoch. */
  readonly epochs: [number, number][];
}

async function begin(setting: Setting): Promise<Run> {
  const model = new ToyClassifier(2);
  const attached = await attach[setting.method](model);
  return { ...setting, model, attached, losses: [], epochs: [] };
}

const options = ({ model, attached, memory, losses, epochs: done }: Run): TrainingOptions => ({
  engine: { ...engine, memory },
  model,
  method: attached,
  objective: 'classification',
  train: toySource(30),
  epochs,
  batchSize: 8,
  learningRates: { encoder: 0.02, head: 0.02 },
  optimiser: { weightDecay: 0.01 },
  seed: 7,
  onEvent: (event) => {
    if (event.type === 'step') losses[event.globalStep - 1] = event.loss;
  },
  afterEpoch: (epoch, loss) => {
    done.push([epoch, loss]);
    return Promise.resolve();
  },
});

/** Everything that can be seen of a run, and its tensors given back. */
async function end({ model, attached, losses, epochs: done }: Run): Promise<unknown> {
  const { tensors, layout } = await attached.state();
  const result = { values: await model.values(), tensors, layout, losses, done, allocation: null as unknown };
  if (attached.allocation !== null) {
    const { solver, ...allocation } = attached.allocation;
    result.allocation = { ...allocation, iterations: solver?.iterations };
  }
  attached.dispose();
  model.dispose();
  return result;
}

/** Trains until that many steps are done in all, then stops; from the state if there is one. */
async function trainUntil(run: Run, steps: number, resume: boolean): Promise<void> {
  const stop = new AbortController();
  const given = options(run);
  const training = train({
    ...given,
    checkpoint: { path: path() },
    ...(resume ? { resume: await readTrainingState(path()) } : {}),
    signal: stop.signal,
    onEvent: (event) => {
      given.onEvent?.(event);
      if (event.type === 'step' && event.globalStep === steps) stop.abort();
    },
  });
  if (steps < epochs * stepsPerEpoch) await expect(training).rejects.toThrow(/abort/i);
  else await training;
}

describe.each([
  { method: 'apca', memory: 'host' },
  { method: 'apca', memory: 'device' },
  { method: 'full', memory: 'host' },
  { method: 'full', memory: 'device' },
  { method: 'adalora', memory: 'host' },
  { method: 'adalora', memory: 'device' },
  { method: 'lora', memory: 'host' },
  { method: 'pissa', memory: 'host' },
  { method: 'bitfit', memory: 'host' },
  { method: 'head', memory: 'host' },
] as const)('a resumed run of $method with tensors on the $memory', (setting) => {
  it('ends as the run that was left alone, wherever it is stopped', async () => {
    const left = await begin(setting);
    await train(options(left));
    const expected = await end(left);
    for (let stop = 1; stop < epochs * stepsPerEpoch; stop++) {
      const before = tf.memory().numTensors;
      const first = await begin(setting);
      await trainUntil(first, stop, false);
      const { losses, epochs: done } = first;
      await end(first);
      const second = { ...(await begin(setting)), losses, epochs: done };
      await trainUntil(second, epochs * stepsPerEpoch, true);
      expect({ stop, ...((await end(second)) as object) }).toEqual({ stop, ...(expected as object) });
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('may be stopped again and again', async () => {
    const left = await begin(setting);
    await train(options(left));
    const expected = await end(left);
    let run = await begin(setting);
    for (const stop of [2, 3, 5, 8, 9, 11, epochs * stepsPerEpoch]) {
      await trainUntil(run, stop, stop > 2);
      if (stop === epochs * stepsPerEpoch) break;
      const { losses, epochs: done } = run;
      await end(run);
      run = { ...(await begin(setting)), losses, epochs: done };
    }
    expect(await end(run)).toEqual(expected);
  });
});

describe('the state of a run', () => {
  /** A run of apca, stopped after so many steps; what trains then, and the file's size without its header. */
  const stopped = async (steps: number): Promise<{ values: number; adapter: number; bytes: number }> => {
    const run = await begin({ method: 'apca', memory: 'host' });
    await trainUntil(run, steps, false);
    const { total, adapter } = countTrainables(run.attached.trainables());
    await end(run);
    const header = Number((await readFile(path())).readBigUInt64LE(0));
    return { values: total, adapter, bytes: (await stat(path())).size - 8 - header };
  };

  it('takes 12 bytes for a value that trains, and what selecting the nodes needs while it does', async () => {
    const nodes = 4 + 1; // components and the bias of the one site
    const { values, adapter, bytes } = await stopped(stepsPerEpoch + 2);
    const samples = 2;
    expect(bytes).toBe(12 * values + 16 * adapter + 8 * samples * nodes);
    const later = await stopped(2 * stepsPerEpoch + 1);
    const settled = adapter - later.adapter;
    expect(later.bytes).toBe(12 * later.values + 4 * settled + 8 * nodes);
    expect(settled).toBeGreaterThan(0);
  });

  it('is written at the end of every epoch, and after as many steps or seconds as are asked for', async () => {
    const written = async (checkpoint: object): Promise<number[]> => {
      const run = await begin({ method: 'head', memory: 'host' });
      const steps: number[] = [];
      const given = options(run);
      let done = 0;
      await train({
        ...given,
        onEvent: (event) => {
          given.onEvent?.(event);
          if (event.type === 'step') done = event.globalStep;
        },
        checkpoint: { path: path(), ...checkpoint, notes: () => steps.push(done) },
      });
      await end(run);
      expect((await readTrainingState(path())).notes).toBe(steps.length);
      return steps;
    };
    expect(await written({})).toEqual([4, 8, 12]);
    expect(await written({ everySteps: 3 })).toEqual([3, 4, 7, 8, 11, 12]);
    expect(await written({ everySeconds: 1000 })).toEqual([4, 8, 12]);
    // Also between an epoch's evaluation and the next epoch
    const each = Array.from({ length: 12 }, (_, i) => i + 1);
    expect(await written({ everySeconds: 0 })).toEqual([
      0,
      ...each.flatMap((i) => (i % 4 ? [i] : i < 12 ? [i, i] : [i])),
    ]);
    expect(await readdir(folder)).toEqual(['state.safetensors']);
  });

  it.each([{ everySteps: 0 }, { everySteps: 1.5 }, { everySeconds: -1 }, { everySeconds: NaN }])(
    'is not written by %j',
    async (checkpoint) => {
      const run = await begin({ method: 'head', memory: 'host' });
      await expect(train({ ...options(run), checkpoint: { path: path(), ...checkpoint } })).rejects.toThrow(
        `train: checkpoint.${Object.keys(checkpoint)[0] ?? ''} must`,
      );
      await end(run);
    },
  );

  it('belongs to one plan', async () => {
    const run = await begin({ method: 'full', memory: 'host' });
    await trainUntil(run, 3, false);
    await end(run);
    const resume = await readTrainingState(path());
    for (const [change, message] of [
      [{ seed: 8 }, 'its seed is 7, here it is 8'],
      [{ epochs: 5 }, 'its epochs is 3, here it is 5'],
      [{ batchSize: 7 }, 'its batchSize is 8, here it is 7'],
      [{ train: toySource(31) }, 'its examples is 30, here it is 31'],
      [{ learningRates: { encoder: 0.02, head: 0.01 } }, 'its learningRates.head is 0.02, here it is 0.01'],
      [{ optimiser: {} }, 'its optimiser.weightDecay is 0.01, here it is 0'],
      [{ maxGradientNorm: Infinity }, 'its maxGradientNorm is 1, here it is Infinity'],
      [{ dropout: false }, 'its dropout is true, here it is false'],
    ] as const) {
      const other = await begin({ method: 'full', memory: 'host' });
      const before = await other.model.values();
      await expect(train({ ...options(other), ...change, resume })).rejects.toThrow(message);
      expect(await other.model.values()).toEqual(before);
      await end(other);
    }
    const head = await begin({ method: 'head', memory: 'host' });
    await expect(train({ ...options(head), resume })).rejects.toThrow('its method is full, here it is head');
    await end(head);
  });

  it('fits one model', async () => {
    const run = await begin({ method: 'apca', memory: 'host' });
    await trainUntil(run, 9, false);
    await end(run);
    const resume = await readTrainingState(path());
    const other = new ToyClassifier(2);
    const [, weight] = other.parameters;
    tf.tidy(() => weight?.variable.assign(tf.add(weight.variable, 1e-6)));
    const attached = await attachMethod(other, 'apca', apcaOptions);
    const given = options({ ...run, model: other, attached });
    await expect(train({ ...given, resume })).rejects.toThrow(
      /^apca: progress components must be [0-9a-f]{64}/,
    );
    attached.dispose();
    other.dispose();
    const lacking = new Map([...resume.values].slice(1));
    const same = await begin({ method: 'apca', memory: 'host' });
    await expect(train({ ...options(same), resume: { ...resume, values: lacking } })).rejects.toThrow(
      'train: resume must hold the values that train, in their order',
    );
    await end(same);
  });

  it('is refused when it is missing, damaged or of another kind', async () => {
    const run = await begin({ method: 'head', memory: 'host' });
    await trainUntil(run, 3, false);
    await end(run);
    const bytes = await readFile(path());
    const odd = join(folder, 'odd.safetensors');
    const refuses = async (contents: Uint8Array | null, message: string): Promise<void> => {
      if (contents === null) await rm(odd, { force: true });
      else await writeFile(odd, contents);
      await expect(readTrainingState(odd)).rejects.toThrow(message);
    };
    await refuses(null, `${odd}: must be a whole training state; `);
    await refuses(bytes.subarray(0, bytes.length - 4), `${odd}: must be a whole training state; `);
    const changed = (from: string, to: string): Buffer => {
      const copy = Buffer.from(bytes);
      const at = copy.indexOf(from);
      expect(at).toBeGreaterThan(0);
      copy.write(to, at);
      return copy;
    };
    await refuses(
      changed('"version":"1"', '"version":"0"'),
      'of version 1; got ggm-peft-training-state, version 0',
    );
    await refuses(changed('training-state', 'training-start'), 'got ggm-peft-training-start');
    await refuses(changed('\\"position\\"', '\\"partitio\\"'), 'the metadata must hold the state as JSON');
    await refuses(changed('"first head', '"furst head'), 'tensor first head.bias must be there, as float32');
    await rm(odd);
  });
});
