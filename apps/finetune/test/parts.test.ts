/** The app's own small parts. */
import { availableParallelism } from 'node:os';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { PrefixCacheError, TrainingDivergedError } from '@ggm-peft/training';

import { exitCodes, failureOf } from '../src/failure.js';
import { learningRates } from '../src/learning-rates.js';
import { duration, lineProgress, makeProgress } from '../src/progress.js';
import { renderReport } from '../src/report.js';
import { defaultThreads } from '../src/threads.js';
import { defaultRunFolder, RunFolder } from '../src/run-folder.js';
import { largestLogit } from '../src/score.js';
import { readSettings, readStoredSettings } from '../src/settings.js';
import { best, orNull } from '../src/summary.js';
import { UserError } from '../src/user-error.js';

describe('settings', () => {
  it('survive the way through config.json', () => {
    const settings = readSettings({
      data: '/data',
      task: 'cola',
      model: '/model',
      method: 'bitfit',
      lr: '5e-4',
      seed: '7',
      trainLimit: '100',
    });
    const stored = JSON.parse(JSON.stringify(settings)) as Record<string, unknown>;
    expect(readStoredSettings(stored, 'config.json')).toEqual(settings);
    expect(settings).toMatchObject({
      lr: 5e-4,
      epochs: 3,
      trainLimit: 100,
      evalLimit: null,
      maxLength: null,
    });
  });

  it('name the file when a stored one is broken', () => {
    expect(() => readStoredSettings({ method: 'magic' }, 'run/config.json')).toThrow(
      'run/config.json: --method must be one of apca, pissa, lora, adalora, bitfit, full, head; got magic',
    );
  });

  it('are on or off for a flag, as stored', () => {
    expect(readSettings({}).cachePrefix).toBe(false);
    expect(readStoredSettings({ cachePrefix: true }, 'config.json').cachePrefix).toBe(true);
    expect(() => readStoredSettings({ cachePrefix: 'yes' }, 'config.json')).toThrow(
      'config.json: --cache-prefix must be true or false; got "yes"',
    );
  });

  it('pool the first token unless told otherwise, in the runs of before the choice too', () => {
    expect(readStoredSettings({}, 'config.json').pooling).toBe('first');
    expect(readSettings({ pooling: 'mean' }).pooling).toBe('mean');
    expect(() => readSettings({ pooling: 'last' })).toThrow('--pooling must be one of first, mean; got last');
  });

  it('keep lists as lists', () => {
    expect(readSettings({}).sites).toBeNull();
    expect(readSettings({ sites: 'query, output.dense' }).sites).toEqual(['query', 'output.dense']);
    expect(() => readSettings({ sites: 'query,,key' })).toThrow(
      '--sites must be names separated by commas; got query,,key',
    );
  });

  it.each(['', ' ', '1e999', '-1', '0x10 ', 'NaN'])('refuse %j as a rate', (lr) => {
    expect(() => readSettings({ lr })).toThrow(UserError);
  });
});

describe('learningRates', () => {
  it('are the customary ones at RoBERTa-base’s width and grow for narrower models', () => {
    const none = { lr: null, headLr: null };
    expect(learningRates('apca', 768, none)).toEqual({ encoder: 4e-4, head: 4e-4 });
    expect(learningRates('full', 768, none)).toEqual({ encoder: 3e-5, head: 4e-4 });
    expect(learningRates('apca', 128, none)).toEqual({ encoder: 2.4e-3, head: 2.4e-3 });
    expect(learningRates('full', 128, { lr: 1e-5, headLr: 0 })).toEqual({ encoder: 1e-5, head: 0 });
  });
});

describe('RunFolder', () => {
  it('appears when it is complete', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'ggm-peft-folder-'));
    const path = join(parent, 'run');
    const folder = await RunFolder.create(path);
    await folder.writeJson('config.json', { a: 1 });
    folder.log({ step: 1 });
    folder.log({ step: 2 });
    expect(await readdir(parent)).not.toContain('run');
    await folder.complete();
    expect(await readdir(parent)).toEqual(['run']);
    expect(await readFile(join(path, 'metrics.jsonl'), 'utf8')).toBe('{"step":1}\n{"step":2}\n');
    // Somebody else's finished run is never removed; ours is kept beside it.
    const late = await RunFolder.create(join(parent, 'late'));
    await mkdir(join(parent, 'late'));
    await writeFile(join(parent, 'late', 'theirs'), '');
    await expect(late.complete()).rejects.toThrow(`it is kept in ${late.draft}`);
    expect(await readdir(join(parent, 'late'))).toEqual(['theirs']);
    await late.discard();
    await rm(join(parent, 'late'), { recursive: true });
    const other = await RunFolder.create(join(parent, 'other'));
    await other.writeText('report.md', 'x');
    await other.discard();
    expect(await readdir(parent)).toEqual(['run']);
    await rm(parent, { recursive: true });
  });

  it('is named for task, method and time', () => {
    const settings = readSettings({ data: '/x/my-data', method: 'head' });
    expect(defaultRunFolder(settings, new Date('2026-01-02T03:04:05Z'))).toBe(
      join('runs', 'my-data-head-seed0-20260102-030405'),
    );
  });
});

describe('progress', () => {
  it('writes lines at a steady pace and the end of every stage', () => {
    const lines: string[] = [];
    let time = 0;
    const progress = lineProgress({ write: (text) => lines.push(text) }, () => time);
    const stage = progress.stage('Epoch 1/2', 100);
    for (const [seconds, done] of [
      [4, 10],
      [12, 30],
      [15, 40],
      [24, 60],
    ] as const) {
      time = seconds * 1000;
      stage.update(done, `loss ${done}`);
    }
    stage.end('loss 0.5');
    expect(lines).toEqual([
      'Epoch 1/2  30/100  loss 30  28s left\n',
      'Epoch 1/2  60/100  loss 60  16s left\n',
      'Epoch 1/2  loss 0.5\n',
    ]);
  });

  it('draws a bar in a terminal, and leaves nothing running when it is closed in the middle', () => {
    let shown = '';
    const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 120 });
    terminal.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
    });
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const progress = makeProgress(terminal);
    const stage = progress.stage('Epoch 1/2', 10);
    stage.update(5, 'loss 0.5');
    expect(timers()).toBeGreaterThan(before);
    progress.close();
    progress.close();
    expect(timers()).toBe(before);
    expect(shown).toContain('Epoch 1/2');
    // Hidden when the bar begins, shown again when it ends.
    expect(shown.lastIndexOf('\u001b[?25h')).toBeGreaterThan(shown.lastIndexOf('\u001b[?25l'));
  });

  it('shows durations', () => {
    expect([0.2, 59.4, 60, 125].map(duration)).toEqual(['0s', '59s', '1m00s', '2m05s']);
  });
});

describe('scores', () => {
  it('take the largest logit, the first of equals', () => {
    expect(largestLogit(Float32Array.of(1, 2, 3, 3, -1, -2), 2)).toEqual([1, 0, 0]);
    expect(largestLogit(Float32Array.of(0, 0, 5), 3)).toEqual([2]);
  });

  it('leave undefined metrics out of the best and null in JSON', () => {
    expect(best([NaN, 0.2, 0.1])).toBe(0.2);
    expect(best([NaN])).toBeNaN();
    expect([orNull(NaN), orNull(0)]).toEqual([null, 0]);
  });
});

describe('failures', () => {
  it('are one line for bad input, and a stack for a defect', () => {
    expect(failureOf(new Error('data.tsv:\n  broken'), false)).toEqual({
      message: 'ggm-peft: data.tsv: broken',
      code: exitCodes.badInput,
    });
    expect(failureOf(new TrainingDivergedError('loss is NaN'), false).code).toBe(exitCodes.failed);
    expect(failureOf(new PrefixCacheError('the disk is full'), false).code).toBe(exitCodes.failed);
    const defect = failureOf(new TypeError('x is not a function'), false);
    expect(defect.code).toBe(exitCodes.failed);
    expect(defect.message).toContain('parts.test.ts');
    expect(failureOf(new Error('aborted'), true).code).toBe(exitCodes.interrupted);
  });
});

describe('renderReport', () => {
  it('says what was measured and what flatters', () => {
    const report = renderReport({
      summary: {
        task: 'cola',
        method: 'apca',
        metric: { name: 'matthews_correlation', best: 0.5, last: null },
        trainable: { adapter: 1234, head: 56, total: 1290 },
        nodes: { total: 2, selected: 1 },
        phases: [
          {
            name: 'all nodes',
            trainable: { adapter: 5000, head: 56, total: 5056 },
            steps: 30,
            stepSeconds: 0.0321,
            memory: 100 * 2 ** 20,
          },
        ],
        seconds: 12.34,
        memory: { loading: 200 * 2 ** 20, training: 300 * 2 ** 20 },
        engine: 'cpu',
        seed: 3,
        out: '/run',
      },
      model: 'tiny',
      trainExamples: 1000,
      devExamples: 10,
      epochs: [{ epoch: 1, loss: 0.7, metrics: { matthews_correlation: NaN }, seconds: 1, trainable: 1290 }],
      allocation: {
        selection: 'ggm',
        nodes: [
          { name: 'layer.0.query.component.0', size: 4 },
          { name: 'layer.0.query.bias', size: 2 },
        ],
        selected: [1],
        important: [1],
        dead: [0],
        strengths: Float64Array.of(0, 1),
        samples: 5,
        solver: {
          mode: 'exact',
          coupling: 0.05,
          tau: 0.1,
          shrinkage: 0.3,
          status: 'converged',
          message: 'Converged.',
          iterations: 7,
          stationarity: 1e-6,
          objective: 1,
          seconds: 0.1,
        },
      },
      fp16Weights: false,
      settledEpoch: 2,
      prefixes: [
        { epoch: 1, frozenLayers: 0, examples: 0, bytes: 0, seconds: 0 },
        { epoch: 3, frozenLayers: 3, examples: 3000, bytes: 57_123_456, seconds: 4.56 },
      ],
    });
    expect(report).toContain(
      'matthews_correlation: **undefined** after the last epoch, 0.5000 after the best of those',
    );
    expect(report).toContain('| trained values | 1,234 in the encoder, 56 in the head |');
    expect(report).toContain('| most memory | loading 200 MiB, training 300 MiB |');
    expect(report).toContain('| all nodes | 5,000 | 56 | 30 | 0.0321 | 100 MiB |');
    expect(report).toContain('1 of 2 nodes, selected by ggm: 1 of them important');
    expect(report).toContain('Scores of 1 nodes are rounding noise: layer.0.query.component.0.');
    expect(report).toContain('| layer.0.query components | 1 | 0 | 0 |');
    expect(report).toContain('| layer.0.query bias | 1 | 1 | 1 |');
    expect(report).toContain(
      '| frozen part | from epoch 1: nothing is kept: layer 0 or the embeddings train |\n' +
        '| frozen part | from epoch 3: layers 0 to 2 are frozen: their output for 3,000 examples is kept, 57 MB, ' +
        'computed in 4.6 s |\n',
    );
  });
});

describe('defaultThreads', () => {
  it('shares the products of wide models only', () => {
    expect(defaultThreads({ hiddenSize: 128 })).toBe(1);
    expect(defaultThreads({ hiddenSize: 768 })).toBe(availableParallelism());
  });
});
