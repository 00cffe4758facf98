/** The program from end to end, on the embedded model and task, small enough for a test. */
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors } from '@ggm-peft/safetensors';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { RunSummary } from '../src/summary.js';
import { cli } from './cli.js';

const small = [
  '--train-limit',
  '96',
  '--eval-limit',
  '64',
  '--batch-size',
  '8',
  '--max-length',
  '24',
  '--engine',
  'wasm',
  '--threads',
  '1',
];
const quick = [...small, '--epochs', '3', '--lr', '2e-3', '--head-lr', '2e-3'];

let folder: string;
let summary: RunSummary;
let first: Awaited<ReturnType<typeof cli>>;

const run = (): string => join(folder, 'run');
const lastLine = (text: string): unknown => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
const readJson = async (path: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ggm-peft-cli-'));
  first = await cli(['finetune', ...quick, '--out', run(), '--json']);
  summary = lastLine(first.stdout) as RunSummary;
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('finetune', () => {
  it('prints one JSON object with the result', () => {
    expect(first.code).toBe(0);
    expect(first.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(summary).toEqual({
      task: 'austen-or-dickens',
      method: 'apca',
      metric: { name: 'accuracy', best: expect.any(Number), last: expect.any(Number) },
      trainable: {
        adapter: expect.any(Number),
        head: 128 * 128 + 128 + 2 * 128 + 2,
        total: expect.any(Number),
      },
      nodes: { total: 4 * 3 * 10 + 4 * 6, selected: 60 },
      phases: ['all nodes', 'selected nodes'].map((name) => ({
        name,
        trainable: {
          adapter: expect.any(Number),
          head: summary.trainable.head,
          total: expect.any(Number),
        },
        steps: name === 'all nodes' ? 24 : 12,
        stepSeconds: expect.any(Number),
        memory: expect.any(Number),
      })),
      seconds: expect.any(Number),
      memory: Object.fromEntries(
        ['loading', 'decomposition', 'training', 'evaluation', 'graph'].map((phase) => [
          phase,
          expect.any(Number),
        ]),
      ),
      engine: 'wasm',
      seed: 0,
      out: run(),
    });
    expect(summary.trainable.total).toBe(summary.trainable.adapter + summary.trainable.head);
    const [all, selected] = summary.phases;
    expect(selected?.trainable).toEqual(summary.trainable);
    expect(all?.trainable.adapter).toBe(4 * 3 * 10 * 256 + 4 * (5 * 128 + 512));
  });

  it('shows each phase as plain lines where there is no terminal', () => {
    for (const phase of [
      'Engine  wasm',
      'Model   roberta',
      'Data    austen',
      'SVD',
      'Epoch 3/3 (selected nodes)',
      'Select  fitting the graphical model',
      'Select  ggm: 12 samples of 144 nodes',
    ]) {
      expect(first.stderr).toContain(phase);
    }
    expect(first.stderr).not.toContain('\u001b');
    expect(first.stderr).not.toContain('TensorFlow.js');
  });

  it('fills the run folder and leaves no draft', async () => {
    expect((await readdir(run())).sort()).toEqual([
      'adapter.json',
      'adapter.safetensors',
      'config.json',
      'head.safetensors',
      'metrics.jsonl',
      'nodes.json',
      'report.md',
    ]);
    expect(await readdir(folder)).toEqual(['run']);
  });

  it('counts what trains: the selected components and biases', async () => {
    const nodes = (await readJson(join(run(), 'nodes.json')))['nodes'] as {
      size: number;
      selected: boolean;
    }[];
    const selected = nodes.filter((node) => node.selected);
    expect(selected).toHaveLength(60);
    expect(selected.reduce((sum, { size }) => sum + size, 0)).toBe(summary.trainable.adapter);
  });

  it('logs every step and every epoch', async () => {
    const lines = (await readFile(join(run(), 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line) as { type: string; epoch: number; loss: number });
    expect(records.filter(({ type }) => type === 'step')).toHaveLength(3 * 12);
    expect(records.filter(({ type }) => type === 'epoch').map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(records.filter(({ type }) => type === 'allocation')).toHaveLength(1);
    expect(records.every(({ type, loss }) => type !== 'step' || Number.isFinite(loss))).toBe(true);
  });

  it('saves an adapter that evaluates to the same metric, to the last digit', async () => {
    const again = await cli(['evaluate', '--run', run(), '--json']);
    expect(again.code).toBe(0);
    expect(lastLine(again.stdout)).toEqual({
      task: 'austen-or-dickens',
      method: 'apca',
      metric: 'accuracy',
      value: summary.metric.last,
      metrics: { accuracy: summary.metric.last },
      engine: 'wasm',
      examples: 64,
    });
    const plain = await cli(['evaluate', '--run', run()]);
    expect(plain.stdout).toBe(`accuracy ${summary.metric.last}\n`);
  });

  it('gives the same run twice with the same seed and engine, to the last bit', async () => {
    const out = join(folder, 'again');
    const second = await cli(['finetune', ...quick, '--out', out, '--json']);
    expect((lastLine(second.stdout) as RunSummary).metric).toEqual(summary.metric);
    for (const name of ['adapter.safetensors', 'head.safetensors']) {
      expect((await readFile(join(out, name))).equals(await readFile(join(run(), name)))).toBe(true);
    }
    await rm(out, { recursive: true });
  });

  it.each([
    ['head', 0],
    ['bitfit', 4 * (4 * 128 + 512 + 128 + 2 * 128) + 128],
    ['full', null],
  ] as const)('trains by method %s', async (method, adapter) => {
    const out = join(folder, method);
    const result = await cli([
      'finetune',
      ...small,
      '--method',
      method,
      '--epochs',
      '1',
      '--out',
      out,
      '--json',
    ]);
    const { trainable, metric, nodes } = lastLine(result.stdout) as RunSummary;
    const file = await openSafetensors(join(out, 'adapter.safetensors'));
    const stored = [...file.entries.values()].reduce(
      (sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1),
      0,
    );
    await file.close();
    expect(trainable.adapter).toBe(adapter ?? stored);
    expect(nodes).toEqual({ total: 0, selected: 0 });
    const again = await cli(['evaluate', '--run', out, '--json']);
    expect(lastLine(again.stdout)).toMatchObject({ method, value: metric.last });
    await expect(access(join(out, 'nodes.json'))).rejects.toThrow();
  });

  it('is stopped by Ctrl-C before its first step without a trace', async () => {
    const out = join(folder, 'interrupted');
    let sent = false;
    // The decomposition gives the signal its time.
    const result = await cli(['finetune', ...small, '--epochs', '400', '--rank', '100', '--out', out], {
      onStderr: (text, kill) => {
        if (sent || !text.includes('Engine ')) return;
        sent = true;
        kill('SIGINT');
      },
    });
    expect(result.code).toBe(130);
    expect(result.stderr).toContain('Interrupted; nothing was written.');
    expect((await readdir(folder)).filter((name) => name.includes('interrupted'))).toEqual([]);
  });

  it('learns scores as well as classes, from data of one’s own', async () => {
    const data = join(folder, 'lengths');
    const rows = Array.from({ length: 40 }, (_, i) => `${'so '.repeat(i % 10)}long\t${(i % 10) / 2 + 0.25}`);
    await rm(data, { recursive: true, force: true });
    await import('node:fs/promises').then(({ mkdir }) => mkdir(data));
    for (const split of ['train', 'dev']) {
      await writeFile(join(data, `${split}.tsv`), `sentence\tlabel\n${rows.join('\n')}\n`);
    }
    const out = join(folder, 'scores');
    const options = ['--epochs', '3', '--batch-size', '8', '--engine', 'wasm', '--threads', '1'];
    const result = await cli(['finetune', '--data', data, ...options, '--out', out, '--json']);
    expect(result.stderr).not.toContain('ggm-peft:');
    const scores = lastLine(result.stdout) as RunSummary;
    expect(scores).toMatchObject({ task: 'lengths', metric: { name: 'pearson' }, nodes: { selected: 60 } });
    // A correlation sees every bit of every output: the reloaded adapter's outputs are the trained one's.
    const again = await cli(['evaluate', '--run', out, '--json']);
    expect(lastLine(again.stdout)).toMatchObject({ metric: 'pearson', value: scores.metric.last });
  });

  it('says when training diverges, with exit code 1 and no run folder', async () => {
    const out = join(folder, 'diverged');
    const huge = ['--method', 'full', '--epochs', '1', '--lr', '1e38'];
    const result = await cli(['finetune', ...small, ...huge, '--out', out]);
    expect(result.stderr).toMatch(/ggm-peft: (train: the loss is|predict: the logits are not finite)/);
    expect(result.code).toBe(1);
    expect((await readdir(folder)).filter((name) => name.includes('diverged'))).toEqual([]);
  });

  it('learns: clearly more than its head alone, on books it has not seen', async () => {
    const setting = [
      '--train-limit',
      '1600',
      '--epochs',
      '3',
      '--max-length',
      '48',
      '--engine',
      'onnx',
      '--threads',
      '1',
      '--json',
    ];
    const accuracy = async (method: string): Promise<number> => {
      const out = join(folder, `learns-${method}`);
      const { stdout } = await cli(['finetune', ...setting, '--method', method, '--out', out]);
      return (lastLine(stdout) as RunSummary).metric.last ?? NaN;
    };
    const apca = await accuracy('apca');
    expect(apca).toBeGreaterThan(0.68);
    expect(apca).toBeGreaterThan((await accuracy('head')) + 0.015);
  }, 300_000);
});
