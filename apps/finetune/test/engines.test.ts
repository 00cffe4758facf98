/**
 * The main job on one engine and another: padding and filled-up batches change nothing, and the whole program picks the
 * same nodes and comes to the same metrics on onnx, wasm and cpu.
 *
 * @jest-environment ../../packages/tfjs-onnx/test/node-arrays-environment.mjs
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collate, encoderInputs, loadRoberta } from '@ggm-peft/encoders';
import { startEngine } from '@ggm-peft/engine';
import type { NamedTensors } from '@ggm-peft/engine';
import { batchTensors, compileForward, compileTrainingStep, predict } from '@ggm-peft/training';
import type { BatchSource } from '@ggm-peft/training';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { embeddedModel } from '../src/embedded.js';
import type { RunSummary } from '../src/summary.js';
import { cli, keptForResume } from './cli.js';

const padTokenId = 1;
const lengths = [7, 12, 5, 9, 30, 11];
const encodings = lengths.map((length, row) => [
  0,
  ...Array.from({ length: length - 2 }, (_, i) => 10 + ((row * 977 + i * 131) % 8000)),
  2,
]);
const source: BatchSource = {
  size: encodings.length,
  length: (index) => encodings[index]?.length ?? 0,
  batch: (indices, padTo) => ({
    inputs: encoderInputs(
      collate(
        indices.map((index) => encodings[index] ?? []),
        padTokenId,
        padTo === undefined ? {} : { padTo },
      ),
      padTokenId,
    ),
    labels: Float32Array.from(indices, (index) => index % 2),
  }),
};

describe.each(['onnx', 'wasm'] as const)('on %s, padding', (name) => {
  it('changes neither loss nor gradients, and rows that fill up neither', async () => {
    const engine = await startEngine(name);
    const model = await loadRoberta(embeddedModel, { outputs: 2 });
    const trainables = model.parameters.filter(({ name: parameter }) =>
      /bias|layer\.3|classifier/.test(parameter),
    );
    const step = compileTrainingStep(engine, model, trainables, 'classification', null);
    const examples = [0, 1, 2];
    const run = async (rows: readonly number[], padTo?: number): Promise<Map<string, Float32Array>> => {
      const tensors: NamedTensors = batchTensors(source.batch(rows, padTo));
      tensors['weights'] = tf.tensor1d(
        rows.map((_, row) => (row < examples.length ? 1 / examples.length : 0)),
      );
      const outputs = await step.run(tensors);
      const read = new Map<string, Float32Array>();
      for (const [output, tensor] of Object.entries(outputs)) read.set(output, await engine.read(tensor));
      tf.dispose([tensors, outputs]);
      return read;
    };
    const plain = await run(examples);
    const padded = await run([...examples, 2, 2, 2, 2, 2], 24);
    expect(plain.size).toBe(trainables.length + 1);
    // A key's bias has no gradient but rounding: the scale is that of all gradients together
    const largest = (values: Float32Array): number =>
      values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const scale = Math.max(...[...plain.values()].map(largest));
    for (const [output, expected] of plain) {
      const difference = expected.map((value, i) => value - (padded.get(output)?.[i] ?? NaN));
      expect(largest(difference) / scale).toBeLessThan(1e-5);
    }
    model.dispose();
    await engine.dispose();
  });

  it('changes no prediction', async () => {
    const engine = await startEngine(name);
    const model = await loadRoberta(embeddedModel, { outputs: 2 });
    const forward = compileForward(engine, model);
    const any = await predict({ device: 'gpu', shapes: 'any' }, forward, source, { batchSize: 1 });
    const few = await predict({ device: 'cpu', shapes: 'few' }, forward, source);
    expect(any.logits).toHaveLength(2 * source.size);
    any.logits.forEach((logit, i) => {
      expect(few.logits[i]).toBeCloseTo(logit, 4);
    });
    model.dispose();
    await engine.dispose();
  });
});

describe('the whole program', () => {
  /** Losses are of size 1; they are the same to rounding, which a few steps of training do not magnify further. */
  const tolerance = 1e-5;
  const engines = ['onnx', 'wasm', 'cpu'] as const;
  const setting =
    '--train-limit 16 --eval-limit 16 --batch-size 4 --max-length 16 --epochs 3 --threads 1'.split(' ');
  const rates = ['--lr', '2e-3', '--head-lr', '2e-3'];
  let folder: string;

  interface Run {
    readonly summary: RunSummary;
    readonly nodes: unknown;
    readonly losses: readonly number[];
  }

  async function finetune(engine: string, out: string): Promise<Run> {
    const path = join(folder, out);
    const options = [...setting, ...rates, '--engine', engine, '--out', path, '--json'];
    const { code, stdout, stderr } = await cli(['finetune', ...options]);
    expect(stderr).toContain(`Engine  ${engine}`);
    expect(code).toBe(0);
    const { selected } = JSON.parse(await readFile(join(path, 'nodes.json'), 'utf8')) as {
      selected: unknown;
    };
    const records = (await readFile(join(path, 'metrics.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; loss: number });
    return {
      summary: JSON.parse(stdout) as RunSummary,
      nodes: selected,
      losses: records.filter(({ type }) => type === 'step').map(({ loss }) => loss),
    };
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ggm-peft-engines-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('picks the same nodes, loses as much and scores the same on onnx, wasm and cpu, dropout included', async () => {
    const [reference, ...others] = await Promise.all(engines.map((engine) => finetune(engine, engine)));
    expect(reference?.losses).toHaveLength(3 * 4);
    for (const { summary, nodes, losses } of others) {
      expect(nodes).toEqual(reference?.nodes);
      expect(summary.metric).toEqual(reference?.summary.metric);
      expect(summary.trainable).toEqual(reference?.summary.trainable);
      losses.forEach((loss, step) => {
        expect(Math.abs(loss - (reference?.losses[step] ?? NaN))).toBeLessThan(tolerance);
      });
    }
  });

  it('repeats itself on onnx to the last bit, dropout included, and its adapter scores the same again', async () => {
    const [first, second] = [await finetune('onnx', 'first'), await finetune('onnx', 'second')];
    expect(second.losses).toEqual(first.losses);
    for (const name of ['adapter.safetensors', 'head.safetensors']) {
      const [one, two] = await Promise.all(
        ['first', 'second'].map((run) => readFile(join(folder, run, name))),
      );
      expect(two === undefined ? false : one?.equals(two)).toBe(true);
    }
    const { stdout } = await cli(['evaluate', '--run', join(folder, 'first'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ engine: 'onnx', value: first.summary.metric.last });
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'leaves no files of ONNX Runtime behind when killed by %s',
    async (signal) => {
      const [work, home, temporary] = await Promise.all(
        ['work', 'home', 'temporary'].map((name) => mkdtemp(join(folder, `${name}-`))),
      );
      if (work === undefined || home === undefined || temporary === undefined) throw new Error('no folders');
      const limits = ['--train-limit', '64', '--eval-limit', '16', '--max-length', '16'];
      const options = [
        ...limits,
        '--method',
        'head',
        '--epochs',
        '400',
        '--engine',
        'onnx',
        '--threads',
        '1',
      ];
      let killed = false;
      const { code } = await cli(['finetune', ...options, '--out', join(folder, `killed-${signal}`)], {
        cwd: work,
        env: {
          ...{ HOME: home, TMPDIR: temporary, TMP: temporary, TEMP: temporary, XDG_CACHE_HOME: home },
          // Its telemetry would keep files; these would switch it off before the program does
          ...{ ORT_DISABLE_TELEMETRY: undefined, CI: undefined },
        },
        onStderr: (text, kill) => {
          // Sessions have been made and run by the second epoch
          if (killed || !text.includes('Epoch 2/400')) return;
          killed = true;
          kill(signal);
        },
      });
      expect(killed).toBe(true);
      expect(code).not.toBe(0);
      for (const place of [work, home, temporary]) expect(await readdir(place)).toEqual([]);
      if (signal !== 'SIGTERM') return;
      const [draft = ''] = (await readdir(folder)).filter((name) => name.includes('killed-SIGTERM'));
      expect((await readdir(join(folder, draft))).sort()).toEqual(keptForResume);
    },
  );
});
