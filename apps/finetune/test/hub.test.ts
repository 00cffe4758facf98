/** A model by its id, from a hub on this machine, through the program as a user runs it. */
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FakeHub } from '../../../packages/hub/test/fake-hub.js';
import { embeddedModel } from '../src/embedded.js';
import { hubProgress } from '../src/hub-progress.js';
import { lineProgress } from '../src/progress.js';
import { cli } from './cli.js';
import type { CliResult } from './cli.js';

const id = 'Example/tiny-roberta';

let hub: FakeHub;
let folder: string;
let commit: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'finetune-hub-'));
  hub = await FakeHub.start();
  commit = hub.commit(id, await embeddedFiles());
});

afterEach(async () => {
  await hub.stop();
  await rm(folder, { recursive: true, force: true });
});

async function embeddedFiles(): Promise<Record<string, { content: Buffer; large: boolean }>> {
  const names = await readdir(embeddedModel);
  const files = names.map(async (name) => {
    const content = await readFile(join(embeddedModel, name));
    return [name, { content, large: name.endsWith('.safetensors') }] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}

const environment = (): Record<string, string> => ({
  HF_ENDPOINT: hub.endpoint,
  HF_HUB_CACHE: join(folder, 'cache'),
  HF_TOKEN: 'secret',
  HF_HUB_OFFLINE: '',
});

async function finetune(...options: readonly string[]): Promise<CliResult> {
  const small = ['--method', 'head', '--epochs', '1', '--train-limit', '16', '--eval-limit', '8'];
  return cli(['finetune', ...small, '--engine', 'onnx', '--threads', '1', '--out', 'run', ...options], {
    cwd: folder,
    env: environment(),
  });
}

async function evaluate(...options: readonly string[]): Promise<CliResult> {
  return cli(['evaluate', '--run', 'run', '--json', ...options], { cwd: folder, env: environment() });
}

describe('a model on the hub', () => {
  it('is downloaded, recorded with its commit, and found again at that commit', async () => {
    const { code, stderr } = await finetune('--model', id);
    expect(stderr).toMatch(
      /^Hub {5}Example\/tiny-roberta, commit [\da-f]{10}: downloading \d of \d files, \d\.\d MB, to \S+$/m,
    );
    expect(stderr).toMatch(/^Hub {5}model\.safetensors {2}\d\.\d MB, [\d.]+ MB\/s, checked$/m);
    expect(stderr).toContain(`Model   ${id}: `);
    expect(code).toBe(0);

    const record = JSON.parse(await readFile(join(folder, 'run', 'config.json'), 'utf8')) as {
      settings: unknown;
      resolved: unknown;
    };
    expect(record.settings).toMatchObject({ model: id, revision: commit });
    const { endpoint } = hub;
    expect(record.resolved).toMatchObject({ hub: { id, revision: 'main', commit, endpoint } });
    expect(await readFile(join(folder, 'run', 'report.md'), 'utf8')).toContain(`| model | ${id} |`);
    expect(JSON.stringify(record)).not.toContain('secret');

    // The branch goes on, and a folder of that name appears: neither is the run's model.
    hub.commit(id, { 'config.json': '{}' });
    await mkdir(join(folder, id), { recursive: true });
    hub.requests.length = 0;
    const again = await evaluate();
    expect(again.stderr).toContain(`Hub     ${id}, commit ${commit.slice(0, 10)}: in the cache, `);
    expect(again.code).toBe(0);
    expect(hub.requests).toEqual([]);

    await rm(join(folder, 'cache'), { recursive: true });
    const offline = await evaluate('--offline');
    expect(offline.stderr).toContain(
      `ggm-peft: --model ${id}: offline, and commit ${commit} is in the cache without`,
    );
    expect(offline.code).toBe(2);
    expect(hub.requests).toEqual([]);

    const anew = await evaluate();
    expect(anew.stdout).toBe(again.stdout);
  });

  it('is taken at the revision that is asked for', async () => {
    hub.commit(id, { 'config.json': '{}' });
    for (const model of [
      ['--model', id, '--revision', commit],
      ['--model', `${id}@${commit}`],
    ]) {
      const { code, stderr } = await finetune(...model);
      expect(stderr).toContain(`Hub     ${id}, commit ${commit.slice(0, 10)}: `);
      expect(code).toBe(0);
      await rm(join(folder, 'run'), { recursive: true });
    }
  });

  it.each<[string, readonly string[], string]>([
    ['that is not there', ['--model', 'no-such-model'], 'no-such-model: no such model on http'],
    [
      'with an impossible name',
      ['--model', 'no such model'],
      'no such model: no such folder, and not a model id',
    ],
    ['without weights', ['--model', 'Example/empty'], 'lacks model.safetensors'],
    [
      'offline that is not in the cache',
      ['--model', id, '--offline'],
      'offline, and revision main is not in the cache',
    ],
    [
      'that is a folder with a revision',
      ['--model', '.', '--revision', 'v1'],
      'is a folder, which has no revision',
    ],
  ])('%s is bad input', async (_, options, message) => {
    hub.commit('Example/empty', { 'config.json': '{}' });
    const { code, stderr, stdout } = await finetune(...options);
    expect(stderr).toMatch(/^ggm-peft: --model .*\n$/);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(await readdir(folder)).not.toContain('run');
  });

  it('that does not answer is no fault of the input', async () => {
    hub.intervene = (_, response) => {
      response.writeHead(503, { 'Retry-After': '0' }).end();
      return true;
    };
    const { code, stderr } = await finetune('--model', id);
    expect(stderr).toContain('Hub     the hub fails (status 503); trying again in 0.0 s\n');
    expect(stderr).toContain(`ggm-peft: --model ${id}: cannot be had from ${hub.endpoint} (attempts: 5)`);
    expect(code).toBe(1);
  });
});

describe('a model in a folder', () => {
  it('and the embedded one need no request', async () => {
    expect((await finetune()).code).toBe(0);
    await rm(join(folder, 'run'), { recursive: true });
    expect((await finetune('--model', embeddedModel)).code).toBe(0);
    const record = await readFile(join(folder, 'run', 'config.json'), 'utf8');
    expect((JSON.parse(record) as { resolved: { hub: unknown } }).resolved.hub).toBeNull();
    expect(hub.requests).toEqual([]);
  });
});

describe('progress of a download', () => {
  it('says what comes, how far it is, how fast, and that it goes on', () => {
    let text = '';
    let now = 0;
    const output = { write: (part: string) => (text += part) };
    const say = hubProgress(
      lineProgress(output, () => now),
      () => now,
    );
    const path = 'model.safetensors';
    say({ type: 'waiting', path });
    say({ type: 'file', path, size: 500_000_000, resumed: 100_000_000 });
    now = 20_000;
    say({ type: 'received', path, size: 500_000_000, received: 300_000_000 });
    now = 40_000;
    say({ type: 'retry', reason: 'nothing came for 30 s', seconds: 0.5 });
    now = 50_000;
    say({ type: 'verified', path, size: 500_000_000, transferred: 400_000_000 });
    expect(text.split('\n')).toEqual([
      'Hub     model.safetensors: another process downloads it; waiting ...',
      'Hub     model.safetensors  300/500  MB  10.0 MB/s  13s left',
      'Hub     model.safetensors  300/500  MB  nothing came for 30 s; trying again in 0.5 s  27s left',
      'Hub     model.safetensors  500.0 MB, 8.0 MB/s, checked',
      '',
    ]);
  });
});
