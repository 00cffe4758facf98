/** `finetune --resume`: a run that is killed, however often and wherever, ends as the run that was left alone. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededGenerator } from '@ggm-peft/random';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { embeddedData } from '../src/embedded.js';
import { cli } from './cli.js';
import type { CliResult } from './cli.js';
import { writeTinyModel } from './tiny-model.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ggm-peft-resumed-'));
  await writeTinyModel(model());
  await mkdir(data());
  for (const name of ['train.tsv', 'dev.tsv']) await copyFile(join(embeddedData, name), join(data(), name));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const model = (): string => join(folder, 'model');
const data = (): string => join(folder, 'data');
const epochs = 4;
const settings = (method: string, engine = 'cpu'): string[] => [
  ...['--model', model(), '--data', data(), '--method', method, '--engine', engine, '--threads', '1'],
  ...['--train-limit', '46', '--eval-limit', '20', '--batch-size', '8', '--max-length', '12'],
  ...['--epochs', String(epochs), '--lr', '1e-2', '--head-lr', '1e-2', '--checkpoint-seconds', '0'],
  ...(method === 'apca' ? ['--rank', '3', '--target-nodes', '6', '--important-nodes', '2'] : []),
];

/** Everything that a run leaves, without times: files as bytes, records as JSON. */
async function outcome(run: string): Promise<unknown> {
  const text = (name: string): Promise<string> => readFile(join(run, name), 'utf8');
  const timeless = (json: string): unknown =>
    JSON.parse(json, (key: string, value: unknown) =>
      ['seconds', 'stepSeconds', 'memory', 'out', 'resumedAtSteps'].includes(key) ? undefined : value,
    );
  const names = (await readdir(run)).sort();
  return {
    names,
    adapter: (await readFile(join(run, 'adapter.safetensors'))).toString('hex'),
    head: (await readFile(join(run, 'head.safetensors'))).toString('hex'),
    records: await Promise.all(
      names.filter((name) => name.endsWith('.json')).map(async (name) => timeless(await text(name))),
    ),
    metrics: (await text('metrics.jsonl')).trimEnd().split('\n').map(timeless),
  };
}

/** Runs the program, and signals it once it has written that on stderr. */
function stopped(args: readonly string[], signal: NodeJS.Signals, when: string): Promise<CliResult> {
  let sent = false;
  return cli(args, {
    onStderr: (text, kill) => {
      if (sent || !text.includes(when)) return;
      sent = true;
      kill(signal);
    },
  });
}

/** Runs the program, and kills it without warning some time after that epoch, or a later one, has begun. */
function killedAfter(args: readonly string[], milliseconds: number, epoch: number): Promise<CliResult> {
  const begun = new RegExp(`Epoch [${epoch}-${epochs}]/`);
  let timer: NodeJS.Timeout | undefined;
  const result = cli(args, {
    onStderr: (text, kill) => {
      if (milliseconds === Infinity || !begun.test(text)) return;
      timer ??= setTimeout(() => {
        kill('SIGKILL');
      }, milliseconds);
    },
  });
  return result.finally(() => {
    clearTimeout(timer);
  });
}

describe('a run that is killed', () => {
  it.each(['apca', 'full'])(
    'ends as the one that was left alone: %s, killed at random moments',
    async (method) => {
      const alone = join(folder, `${method}-alone`);
      const started = performance.now();
      expect((await cli(['finetune', ...settings(method), '--out', alone])).code).toBe(0);
      const duration = performance.now() - started;
      const seed = Math.floor(performance.timeOrigin);
      const random = seededGenerator(seed);
      const killed = join(folder, `${method}-killed`);
      const delays: number[] = [];
      let resumed = 0;
      for (;;) {
        const found = (await readdir(folder)).filter((name) => name.startsWith(`.${method}-killed.`));
        const held = await Promise.all(found.map((name) => readdir(join(folder, name))));
        const goOn = held.some((names) => names.includes('training-state.safetensors'));
        resumed += Number(goOn);
        // First when there is a state for sure, then anywhere; after a few kills it is left alone, whatever the machine's pace.
        const isFirst = delays.length === 0;
        const some = Math.round((random.uniform() * duration) / epochs);
        const delay = delays.length < 5 ? (isFirst ? 0 : some) : Infinity;
        const from = isFirst ? 2 : Math.ceil(random.uniform() * epochs);
        delays.push(delay);
        const args = goOn ? ['--resume', killed] : [...settings(method), '--out', killed];
        const result = await killedAfter(['finetune', ...args], delay, from);
        if (result.code === 0) break;
        expect({ seed, delays, code: result.code, stderr: result.stderr }).toMatchObject({ code: null });
      }
      expect({ seed, delays, ...((await outcome(killed)) as object) }).toEqual({
        seed,
        delays,
        ...((await outcome(alone)) as object),
      });
      expect({ seed, delays, resumed: resumed > 0 }).toEqual({ seed, delays, resumed: true });
      expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
    },
    300_000,
  );
});

describe('a run that is interrupted', () => {
  const run = (): string => join(folder, 'interrupted');
  const draft = async (): Promise<string> => {
    const [name] = (await readdir(folder)).filter((entry) => entry.startsWith('.interrupted.'));
    if (name === undefined) throw new Error('there is no draft');
    return join(folder, name);
  };
  const refuses = async (args: readonly string[], message: string | RegExp): Promise<void> => {
    const { code, stdout, stderr } = await cli(['finetune', ...args]);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  };

  it('says how to go on, keeps what it goes on from, and goes on', async () => {
    const alone = join(folder, 'alone');
    await cli(['finetune', ...settings('head'), '--out', alone]);
    const first = await stopped(['finetune', ...settings('head'), '--out', run()], 'SIGINT', 'Epoch 1/4');
    expect(first.code).toBe(130);
    expect(first.stderr).toContain(
      `Interrupted. Go on with: npm run ggm-peft -- finetune --resume ${run()}\n`,
    );

    await refuses(
      [...settings('head'), '--out', run()],
      `one was interrupted there: go on with --resume ${run()}`,
    );
    await refuses(['--resume', run(), '--epochs', '9', '--threads', '2'], 'got --epochs, --threads');
    await refuses(
      ['--resume', alone],
      `--resume ${alone}: must be the folder of an interrupted run; this run is complete`,
    );
    await refuses(
      ['--resume', join(folder, 'none')],
      'must be the folder of an interrupted run; there is none',
    );

    // Another process's: this one's, which lives
    const own = join(folder, `.interrupted.${process.pid}.partial`);
    await rename(await draft(), own);
    await refuses(['--resume', run()], `process ${process.pid} is writing this one`);
    await refuses([...settings('head'), '--out', run()], `process ${process.pid} is writing one there`);
    // ... and one of another machine's, as it says
    const owner = { pid: process.pid, host: `not-${hostname()}`, started: null };
    await writeFile(join(own, 'owner.json'), JSON.stringify(owner));
    await refuses(
      ['--resume', run()],
      `process ${process.pid} on not-${hostname()} (if that has ended, remove `,
    );
    // ... or a number that another process has come by
    await writeFile(join(own, 'owner.json'), JSON.stringify({ ...owner, host: hostname(), started: '1' }));
    if (process.platform !== 'linux') await rename(own, join(folder, '.interrupted.999999999.partial'));

    const bytes = await readFile(join(data(), 'train.tsv'));
    const turned = bytes.toString().replace(/\t([01])$/gm, (_, label) => `\t${1 - Number(label)}`);
    await writeFile(join(data(), 'train.tsv'), turned);
    await refuses(
      ['--resume', run()],
      'must be what the run was begun with; tokens, labels or config.json differ',
    );
    await writeFile(join(data(), 'train.tsv'), bytes);
    await rename(model(), `${model()}-kept`);
    await writeTinyModel(model(), 1);
    await refuses(
      ['--resume', run()],
      /must hold the weights that the run was begun with, SHA-256 [0-9a-f]{64}; got/,
    );
    await rm(model(), { recursive: true });
    await rename(`${model()}-kept`, model());
    const log = join(await draft(), 'metrics.jsonl');
    const lines = await readFile(log);
    await writeFile(log, '');
    await refuses(['--resume', run()], `metrics.jsonl: must hold at least`);
    await writeFile(join(await draft(), 'metrics.jsonl'), lines);
    await writeFile(join(await draft(), 'left-over.tmp'), '');

    const again = await stopped(['finetune', '--resume', run()], 'SIGTERM', 'Epoch 2/4');
    expect(again.stderr).toMatch(/^Resume {2}.*: after step \d+\n/);
    expect(again.code).toBe(130);
    const last = await cli(['finetune', '--resume', run(), '--json']);
    expect(JSON.parse(last.stdout)).toMatchObject({ method: 'head', out: run() });
    expect(await outcome(run())).toEqual(await outcome(alone));
    const config = JSON.parse(await readFile(join(run(), 'config.json'), 'utf8')) as { resolved: object };
    expect(config.resolved).toMatchObject({ resumedAtSteps: [expect.any(Number), expect.any(Number)] });
    await refuses(['--resume', run()], 'this run is complete');
    expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
  }, 120_000);
});
