/**
 * RoBERTa on its frozen prefix's kept output: loss and gradients as without, stage by stage, on cpu and onnx; and
 * `--cache-prefix` from end to end.
 *
 * @jest-environment ../../packages/tfjs-onnx/test/node-arrays-environment.mjs
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attachMethod } from '@ggm-peft/adapters';
import type { AttachedMethod } from '@ggm-peft/adapters';
import { createRoberta, encoderInputs, parseRobertaConfig } from '@ggm-peft/encoders';
import { startEngine } from '@ggm-peft/engine';
import type { Engine, NamedTensors } from '@ggm-peft/engine';
import { batchTensors, compileTrainingStep, train } from '@ggm-peft/training';
import type { BatchSource, KeptPrefix } from '@ggm-peft/training';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import type { PrefixRecord } from '../src/kept-prefix.js';
import { cli, keptForResume, program } from './cli.js';

const layers = 3;
const config = parseRobertaConfig({
  model_type: 'roberta',
  vocab_size: 60,
  hidden_size: 16,
  num_hidden_layers: layers,
  num_attention_heads: 2,
  intermediate_size: 32,
  max_position_embeddings: 24,
  initializer_range: 0.3,
});

const lengths = Array.from({ length: 20 }, (_, i) => 3 + ((i * 7) % 13));
const source: BatchSource = {
  size: lengths.length,
  length: (index) => lengths[index] ?? 0,
  batch: (indices, padTo) => {
    const length = padTo ?? Math.max(...indices.map((index) => lengths[index] ?? 0));
    const at = (index: number, i: number): boolean => i < (lengths[index] ?? 0);
    const cells = indices.flatMap((index) => Array.from({ length }, (_, i) => ({ index, i })));
    const inputIds = cells.map(({ index, i }) => (at(index, i) ? 2 + ((index * 31 + i * 17) % 58) : 1));
    return {
      inputs: encoderInputs(
        {
          inputIds: Int32Array.from(inputIds),
          attentionMask: Int32Array.from(cells, ({ index, i }) => Number(at(index, i))),
          batch: indices.length,
          length,
        },
        config.padTokenId,
      ),
      labels: Float32Array.from(indices, (index) => index % 2),
    };
  },
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ggm-peft-cache-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe.each(['cpu', 'onnx'] as const)('on %s', (name) => {
  let engine: Engine;

  beforeAll(async () => {
    engine = await startEngine(name, { threads: 1 });
  });
  afterAll(async () => {
    await engine.dispose();
  });

  it.each([1, 2, 3])('loss and gradients from stage %d on are those of the whole pass', async (stage) => {
    const model = createRoberta(config, { outputs: 2 });
    const trainables = model.stages.slice(stage).flatMap(({ parameters }) => parameters);
    const whole = compileTrainingStep(engine, model, trainables, 'classification', null);
    const rest = compileTrainingStep(
      engine,
      model,
      trainables,
      'classification',
      null,
      ({ states, ...inputs }) => {
        if (states === undefined) throw new Error('no states');
        return model.logitsFrom(stage, states, inputs, null);
      },
    );
    const prefix = engine.compile((inputs) => ({ states: model.prefix(stage, inputs) }), {
      variables: model.parameters.map(({ variable }) => variable),
    });
    const { labels, ...inputs } = batchTensors(source.batch([0, 1, 2, 3, 4]));
    if (labels === undefined) throw new Error('no labels');
    const { states } = await prefix.run(inputs);
    if (states === undefined) throw new Error('no states');
    const read = async (outputs: NamedTensors): Promise<Map<string, Float32Array>> =>
      new Map(
        await Promise.all(
          Object.entries(outputs).map(
            async ([output, tensor]) => [output, await engine.read(tensor)] as const,
          ),
        ),
      );
    const expected = await read(await whole.run({ ...inputs, labels }));
    const actual = await read(await rest.run({ ...(stage < layers ? inputs : {}), states, labels }));
    expect([...actual.keys()]).toEqual([...expected.keys()]);
    expect(expected.size).toBe(trainables.length + 1);
    // A key's bias has no gradient but rounding: the scale is that of all gradients together
    const largest = (values: Float32Array): number =>
      values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const scale = Math.max(...[...expected.values()].map(largest));
    for (const [output, values] of expected) {
      const difference = values.map((value, i) => value - (actual.get(output)?.[i] ?? NaN));
      expect(largest(difference) / scale).toBeLessThan(1e-6);
    }
    await Promise.all([whole, rest, prefix].map((step) => step.dispose()));
    tf.dispose([inputs, labels, states]);
    model.dispose();
  });

  it.each([1, 2, 3])('training from stage %d on takes the same steps', async (stage) => {
    const run = async (cached: boolean): Promise<{ losses: number[]; kept: KeptPrefix[] }> => {
      const model = createRoberta(config, { outputs: 2 });
      const losses: number[] = [];
      const kept: KeptPrefix[] = [];
      const trained = model.stages.slice(stage).flatMap(({ parameters }) => parameters);
      const method: AttachedMethod = { ...(await attachMethod(model, 'full')), trainables: () => trained };
      await train({
        engine,
        model,
        method,
        objective: 'classification',
        train: source,
        epochs: 3,
        batchSize: 6,
        learningRates: { encoder: 1e-3, head: 1e-3 },
        dropout: false,
        ...(cached ? { cachePrefix: { folder } } : {}),
        onEvent: (event) => {
          if (event.type === 'step') losses.push(event.loss);
          if (event.type === 'prefix') kept.push(event.prefix);
        },
      });
      model.dispose();
      return { losses, kept };
    };
    const { losses, kept } = await run(true);
    const plain = await run(false);
    const tokens = stage === layers ? source.size : lengths.reduce((sum, length) => sum + length);
    expect(kept).toMatchObject([{ stage, examples: source.size, bytes: 4 * config.hiddenSize * tokens }]);
    expect(losses).toHaveLength(plain.losses.length);
    losses.forEach((loss, step) => {
      expect(Math.abs(loss - (plain.losses[step] ?? NaN))).toBeLessThan(1e-5);
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('--cache-prefix', () => {
  const small =
    '--train-limit 96 --eval-limit 16 --batch-size 8 --max-length 24 --engine wasm --threads 1 --cache-prefix'.split(
      ' ',
    );
  const hiddenSize = 128;

  it('keeps what enters the head, says so and records it', async () => {
    const out = join(folder, 'head');
    const result = await cli(['finetune', ...small, '--method', 'head', '--epochs', '2', '--out', out]);
    expect(result.code).toBe(0);
    const line = 'layers 0 to 3 are frozen: their output for 96 examples is kept, 0.049 MB';
    expect(result.stderr).toContain(`Prefix  ${line}\n`);
    const { settings, resolved } = JSON.parse(await readFile(join(out, 'config.json'), 'utf8')) as {
      settings: { cachePrefix: boolean };
      resolved: { prefixes: PrefixRecord[] };
    };
    expect(settings.cachePrefix).toBe(true);
    expect(resolved.prefixes).toEqual([
      { epoch: 1, frozenLayers: 4, examples: 96, bytes: 96 * 4 * hiddenSize, seconds: expect.any(Number) },
    ]);
    expect(await readFile(join(out, 'report.md'), 'utf8')).toContain(
      `| frozen part | from epoch 1: ${line}, computed in `,
    );
    expect((await readdir(out)).sort()).toEqual([
      'adapter.json',
      'adapter.safetensors',
      'config.json',
      'head.safetensors',
      'metrics.jsonl',
      'report.md',
    ]);
    const again = await cli(['evaluate', '--run', out, '--json']);
    expect(again.code).toBe(0);
    await rm(out, { recursive: true });
  });

  it('keeps nothing while the first layer trains, and looks again after the selection', async () => {
    const out = join(folder, 'apca');
    const result = await cli(['finetune', ...small, '--epochs', '3', '--out', out]);
    expect(result.code).toBe(0);
    const nothing = 'Prefix  nothing is kept: layer 0 or the embeddings train\n';
    expect(result.stderr.split(nothing)).toHaveLength(3);
    expect(result.stderr.lastIndexOf(nothing)).toBeGreaterThan(result.stderr.indexOf('nodes selected'));
    await rm(out, { recursive: true });
  });

  it('names the bytes that it needs when the disk is full, and leaves nothing behind', async () => {
    const out = join(folder, 'full');
    const options = [...small, '--method', 'head', '--epochs', '1', '--out', out];
    // No file may grow beyond 16 blocks, of 512 or 1,024 bytes: a disk that is full for the cache and not for the logs.
    const limited = ['-c', 'ulimit -f 16 && exec "$0" "$@"', process.execPath, program, 'finetune'];
    const { status, stderr } = spawnSync('sh', [...limited, ...options], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(stderr).toMatch(
      /ggm-peft: train: cachePrefix\.folder must be a folder that can be written to, with room for 49152 bytes; got .*full.*: EFBIG/,
    );
    expect(status).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is stopped by Ctrl-C and leaves nothing of the cache', async () => {
    const out = join(folder, 'stopped');
    let sent = false;
    const options = [...small, '--method', 'head', '--epochs', '4000', '--out', out];
    const { code, stderr } = await cli(['finetune', ...options], {
      onStderr: (text, kill) => {
        if (sent || !text.includes('Epoch 1/4000')) return;
        sent = true;
        kill('SIGINT');
      },
    });
    expect(stderr).toContain('Prefix  layers 0 to 3 are frozen');
    expect(code).toBe(130);
    const [draft = ''] = await readdir(folder);
    expect((await readdir(join(folder, draft))).sort()).toEqual(keptForResume);
    await rm(join(folder, draft), { recursive: true });
  });
});
