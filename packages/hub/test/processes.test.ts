/** Several processes that want the same model, each with the built package, as users have it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';

import { withLock } from '../src/lock.js';
import { sha256 } from './fake-hub.js';
import { id, setUp, weights } from './setting.js';

const setting = setUp();

const script = `
  import { resolveModel } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, '..', 'dist', 'index.js')).href)};
  const { folder } = await resolveModel(${JSON.stringify(id)}, {
    onEvent: ({ type, path }) => process.stderr.write(type + ' ' + path + '\\n'),
  });
  process.stdout.write(folder);
`;

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly folder: string; readonly events: string[] }>;
}

function start(): Running {
  const { hub, cache } = setting();
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      HF_ENDPOINT: hub.endpoint,
      HF_HUB_CACHE: cache,
      HF_TOKEN: 'none',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let folder = '';
  let events = '';
  child.stdout.on('data', (text: Buffer) => (folder += text.toString()));
  child.stderr.on('data', (text: Buffer) => (events += text.toString()));
  const ended = new Promise<{ folder: string; events: string[] }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      resolve({ folder, events: events.trimEnd().split('\n') });
    });
  });
  return { child, ended };
}

/** Sends the weights slowly: 30 parts, 20 ms apart. `onPart` hears of each. */
function slowWeights(onPart: (part: number) => void = () => undefined): void {
  setting().hub.intervene = ({ server, range }, response, content) => {
    if (server !== 'storage' || range !== undefined || content === null) return false;
    response.writeHead(200, { 'Content-Length': content.length });
    const step = content.length / 30;
    let part = 0;
    const timer = setInterval(() => {
      response.write(content.subarray(part * step, (part + 1) * step));
      onPart(++part);
      if (part < 30) return;
      clearInterval(timer);
      response.end();
    }, 20);
    response.on('close', () => {
      clearInterval(timer);
    });
    return true;
  };
}

describe('two processes', () => {
  it('that want the same model download it once', async () => {
    slowWeights();
    const results = await Promise.all([start().ended, start().ended]);
    for (const { folder } of results) {
      expect(sha256(await readFile(join(folder, 'model.safetensors')))).toBe(sha256(weights));
    }
    expect(
      setting()
        .hub.contentRequests()
        .filter((request) => request.startsWith('storage')),
    ).toEqual(['storage model.safetensors']);
    expect(results.flatMap(({ events }) => events)).toContain('waiting model.safetensors');
    const [locks] = await readdir(join(setting().cache, '.locks'));
    expect(await readdir(join(setting().cache, '.locks', String(locks)))).toEqual([]);
  });

  it('of which the first is killed: the other goes on where it was', async () => {
    const first = start();
    const others: Running[] = [];
    slowWeights((part) => {
      if (part === 8) others.push(start());
      if (part === 20) first.child.kill('SIGKILL');
    });
    await first.ended;
    const [second] = others;
    if (second === undefined) throw new Error('the first process ended before it was killed');
    const { folder, events } = await second.ended;
    expect(events).toContain('waiting model.safetensors');
    expect(sha256(await readFile(join(folder, 'model.safetensors')))).toBe(sha256(weights));
    expect(setting().hub.contentRequests()).toContainEqual(
      expect.stringMatching(/^storage model\.safetensors bytes=[1-9]\d+-$/),
    );
  });
});

describe('the lock', () => {
  it('lets one at a time through, and lets go after a failure', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lock-'));
    const path = join(folder, 'locks', 'a.lock');
    let inside = 0;
    let most = 0;
    const work = async (i: number): Promise<number> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside--;
      if (i === 2) throw new Error('work failed');
      return i;
    };
    const results = await Promise.allSettled(
      [0, 1, 2, 3].map(async (i) => withLock(path, {}, async () => work(i))),
    );
    expect(most).toBe(1);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    await rm(folder, { recursive: true });
  });

  it('is taken over when nobody touches it, and not while somebody does', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lock-'));
    const path = join(folder, 'a.lock');
    await writeFile(path, 'left behind');
    const order: string[] = [];
    const began = performance.now();
    await withLock(path, { staleSeconds: 0.5 }, async () => {
      expect(performance.now() - began).toBeGreaterThan(500);
      const second = withLock(path, { staleSeconds: 0.5 }, async () => Promise.resolve(order.push('second')));
      await new Promise((resolve) => setTimeout(resolve, 1500));
      order.push('first');
      return { second };
    }).then(async ({ second }) => second);
    expect(order).toEqual(['first', 'second']);
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('is not waited for by who is told to stop', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lock-'));
    const path = join(folder, 'a.lock');
    const stop = new AbortController();
    await withLock(path, {}, async () => {
      const waiting = withLock(
        path,
        {
          signal: stop.signal,
          onWait: () => {
            stop.abort(new Error('enough'));
          },
        },
        async () => Promise.resolve(),
      );
      await expect(waiting).rejects.toThrow('enough');
    });
    await rm(folder, { recursive: true });
  });
});
