import { existsSync } from 'node:fs';
import { lstat, mkdir, readFile, readdir, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { downloadFileToCacheDir, scanCachedRepo } from '@huggingface/hub';

import { downloadModel, HubUnavailableError, resolveDataset, resolveModel } from '../src/index.js';
import type { HubOptions, Resolved } from '../src/index.js';
import { gitHash, sha256 } from './fake-hub.js';
import { id, modelFiles, setUp, weights } from './setting.js';

const setting = setUp();

const resolve = async (options: HubOptions = {}): Promise<Resolved> =>
  resolveModel(id, { ...setting().options, ...options });

const weightsIn = async (folder: string): Promise<string> =>
  sha256(await readFile(join(folder, 'model.safetensors')));

const blobOf = (hash: string): string =>
  join(setting().cache, 'models--Example--tiny-roberta', 'blobs', hash);

/** Answers the first requests for the weights with `answers`, one each. */
function answerWeights(
  ...answers: readonly ((content: Buffer, send: (bytes: Buffer) => void, cut: () => void) => void)[]
): void {
  const left = [...answers];
  setting().hub.intervene = ({ server }, response, content) => {
    const answer = server === 'storage' ? left.shift() : undefined;
    if (answer === undefined || content === null) return false;
    response.writeHead(200, { 'Content-Length': content.length });
    answer(
      content,
      (bytes) => response.write(bytes),
      () => setTimeout(() => response.destroy(), 20),
    );
    return true;
  };
}

const cutAfter =
  (bytes: number) =>
  (content: Buffer, send: (part: Buffer) => void, cut: () => void): void => {
    send(content.subarray(0, bytes));
    cut();
  };

/** Serves the weights as asked, but cuts the first answers after so many bytes. */
function cutEach(...cuts: number[]): void {
  setting().hub.intervene = ({ server, range }, response, content) => {
    if (server !== 'storage' || content === null || cuts.length === 0) return false;
    const start = range === undefined ? 0 : Number(/\d+/.exec(range)?.[0]);
    response.writeHead(start === 0 ? 200 : 206, {
      'Content-Length': content.length - start,
      ...(start === 0 ? {} : { 'Content-Range': `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    response.write(content.subarray(start, start + (cuts.shift() ?? 0)));
    setTimeout(() => response.destroy(), 20);
    return true;
  };
}

describe('a model that is not in the cache', () => {
  it('comes with the files that it is loaded from and no others', async () => {
    const { commit, cache, hub } = setting();
    const { folder, hub: source } = await resolve();
    expect(folder).toBe(join(cache, 'models--Example--tiny-roberta', 'snapshots', commit));
    expect(source).toEqual({ id, revision: 'main', commit, endpoint: hub.endpoint });
    expect((await readdir(folder)).sort()).toEqual([
      'config.json',
      'merges.txt',
      'model.safetensors',
      'vocab.json',
    ]);
    expect(await weightsIn(folder)).toBe(sha256(weights));
    expect(await readFile(join(folder, 'config.json'), 'utf8')).toBe(modelFiles['config.json']);
  });

  it('lies in the layout that Python reads: blobs by hash, relative links, ref, known absences', async () => {
    const { commit } = setting();
    const { folder } = await resolve();
    const repo = dirname(dirname(folder));
    const config = gitHash(Buffer.from(modelFiles['config.json']));
    expect(await readlink(join(folder, 'model.safetensors'))).toBe(`../../blobs/${sha256(weights)}`);
    expect(await readlink(join(folder, 'config.json'))).toBe(`../../blobs/${config}`);
    expect(await readFile(join(repo, 'refs', 'main'), 'utf8')).toBe(commit);
    expect((await readdir(join(repo, '.no_exist', commit))).sort()).toEqual([
      'added_tokens.json',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'vocab.txt',
    ]);
    expect((await readdir(join(repo, 'blobs'))).filter((name) => !/^[\da-f]+$/.test(name))).toEqual([]);
  });

  it('says what comes, how large it is and where it lies', async () => {
    const { events, commit } = setting();
    const { folder } = await resolve();
    const small = ['config.json', 'vocab.json', 'merges.txt'] as const;
    const size = weights.length + small.reduce((sum, name) => sum + modelFiles[name].length, 0);
    expect(events[0]).toEqual({
      type: 'resolved',
      id,
      commit,
      folder,
      files: 4,
      size,
      missing: { files: 4, size },
    });
    const received = events.filter(
      (event) => event.type === 'received' && event.path === 'model.safetensors',
    );
    expect(received.at(-1)).toMatchObject({ received: weights.length, size: weights.length });
    expect(events).toContainEqual({
      type: 'verified',
      path: 'model.safetensors',
      size: weights.length,
      transferred: weights.length,
    });
  });

  it('comes with the token, which the storage server never sees', async () => {
    const { hub } = setting();
    await resolve({ token: 'secret' });
    const seen = (server: string): unknown[] => [
      ...new Set(hub.requests.filter((one) => one.server === server).map((one) => one.authorization)),
    ];
    expect(seen('hub')).toEqual(['Bearer secret']);
    expect(seen('storage')).toEqual([undefined]);
  });

  it('is listed over several pages, of which those elsewhere do not see the token', async () => {
    const { hub, commit } = setting();
    const pages: [string, string][] = [];
    let all: unknown[] = [];
    hub.intervene = ({ server, path, authorization }, response) => {
      if (!path.includes('/tree/')) return false;
      pages.push([server, authorization ?? 'no token']);
      if (all.length === 0) all = hub.listing(id, commit);
      const last = server === 'storage';
      const next = hub.storageEndpoint;
      if (!last) response.setHeader('Link', `<${next}/api/models/${id}/tree/${commit}?cursor=2>; rel="next"`);
      response.end(JSON.stringify(last ? all.slice(2) : all.slice(0, 2)));
      return true;
    };
    const { folder } = await resolve({ token: 'secret' });
    expect(await readdir(folder)).toHaveLength(4);
    expect(pages).toEqual([
      ['hub', 'Bearer secret'],
      ['storage', 'no token'],
    ]);
  });

  it('comes from where it has been moved to, and lies under the name that is asked for', async () => {
    const { hub, options, commit, cache } = setting();
    hub.intervene = ({ path }, response) => {
      if (!/^\/(?:api\/models\/)?tiny-roberta\//.test(path)) return false;
      response.writeHead(307, { Location: path.replace('tiny-roberta', id) }).end();
      return true;
    };
    const { folder } = await resolveModel('tiny-roberta', { ...options, token: 'secret' });
    expect(folder).toBe(join(cache, 'models--tiny-roberta', 'snapshots', commit));
    expect(await weightsIn(folder)).toBe(sha256(weights));
    const asked = hub.requests.filter(({ server }) => server === 'hub');
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer secret']));
  });

  it('comes without empty files being asked for', async () => {
    const { hub } = setting();
    hub.commit(id, { ...modelFiles, 'added_tokens.json': '' });
    const { folder } = await resolve();
    expect((await stat(join(folder, 'added_tokens.json'))).size).toBe(0);
    expect(hub.contentRequests()).not.toContain('hub added_tokens.json');
  });
});

describe('a model that is in the cache', () => {
  it('is taken from there without a request for content', async () => {
    const { hub } = setting();
    const first = await resolve();
    hub.requests.length = 0;
    expect(await resolve()).toEqual(first);
    expect(hub.contentRequests()).toEqual([]);
    expect(setting().events.at(-1)).toMatchObject({ type: 'resolved', missing: { files: 0, size: 0 } });
  });

  it('needs no request at all when it is asked for by its commit', async () => {
    const { hub, commit } = setting();
    const { folder } = await resolve();
    await hub.stop();
    expect(await downloadModel(`${id}@${commit}`, setting().options)).toMatchObject({
      folder,
      hub: { commit, revision: commit },
    });
  });

  it('follows its branch, keeps what did not change, and stays what it was under its commit', async () => {
    const { hub, commit } = setting();
    const first = await resolve();
    const changed = '{"model_type": "roberta", "changed": true}';
    const next = hub.commit(id, { ...modelFiles, 'config.json': changed });
    hub.requests.length = 0;
    const second = await resolve();
    expect(second.hub?.commit).toBe(next);
    expect(await readFile(join(second.folder, 'config.json'), 'utf8')).toBe(changed);
    expect(hub.contentRequests()).toEqual(['hub config.json']);
    const pinned = await resolve({ revision: commit });
    expect(pinned.folder).toBe(first.folder);
    expect(await readFile(join(pinned.folder, 'config.json'), 'utf8')).toBe(modelFiles['config.json']);
  });

  it('is asked about once more when another program has left it without its tokenizer’s settings', async () => {
    const { hub, commit } = setting();
    const { folder } = await resolve();
    const absence = join(dirname(dirname(folder)), '.no_exist', commit, 'tokenizer_config.json');
    await rm(absence);
    hub.requests.length = 0;
    await resolve({ revision: commit });
    expect(hub.requests.map(({ path }) => path)).toEqual([`/api/models/${id}/tree/${commit}`]);
    expect((await stat(absence)).size).toBe(0);
  });

  it('is completed where a file is shorter than the hub lists', async () => {
    const { folder } = await resolve();
    await writeFile(blobOf(sha256(weights)), weights.subarray(0, 1000));
    await resolve();
    expect(await weightsIn(folder)).toBe(sha256(weights));
  });

  it('is not believed where a blob of the right size has the wrong content', async () => {
    const blob = blobOf(sha256(weights));
    await mkdir(dirname(blob), { recursive: true });
    await writeFile(blob, Buffer.alloc(weights.length));
    const { folder } = await resolve();
    expect(await weightsIn(folder)).toBe(sha256(weights));
  });
});

describe('a download that goes wrong', () => {
  it('goes on where it was cut', async () => {
    answerWeights(cutAfter(100_000), cutAfter(0));
    const { folder } = await resolve();
    expect(await weightsIn(folder)).toBe(sha256(weights));
    const [first, second, third, ...others] = setting()
      .hub.contentRequests()
      .filter((request) => request.startsWith('storage'));
    expect(first).toBe('storage model.safetensors');
    expect(second).toBe('storage model.safetensors bytes=100000-');
    // The second answer began anew, as a server without ranges does, and was cut at once.
    expect(third).toBe('storage model.safetensors');
    expect(others).toEqual([]);
  });

  it('begins anew where the server cannot go on', async () => {
    setting().hub.ranges = false;
    answerWeights(cutAfter(100_000));
    const { folder } = await resolve();
    expect(await weightsIn(folder)).toBe(sha256(weights));
    expect(setting().events).toContainEqual(
      expect.objectContaining({ type: 'verified', transferred: 100_000 + weights.length }),
    );
  });

  it('goes on as long as it gets further, however often it is cut', async () => {
    cutEach(50_000, 50_000, 50_000, 50_000, 50_000);
    const { folder } = await resolve({ attempts: 2 });
    expect(await weightsIn(folder)).toBe(sha256(weights));
    expect(setting().events).toContainEqual(
      expect.objectContaining({ type: 'verified', transferred: weights.length }),
    );
    expect(setting().hub.contentRequests()).toContain('storage model.safetensors bytes=250000-');
  });

  it('goes on when the user asks again, where it was given up', async () => {
    cutEach(200_000, 0, 0);
    await expect(resolve({ attempts: 2 })).rejects.toThrow(HubUnavailableError);
    setting().hub.intervene = () => false;
    await resolve();
    expect(setting().hub.contentRequests().at(-3)).toBe('storage model.safetensors bytes=200000-');
    expect(setting().events).toContainEqual({
      type: 'file',
      path: 'model.safetensors',
      size: weights.length,
      resumed: 200_000,
    });
  });

  it('takes its time as long as something comes', async () => {
    answerWeights((content, send) => {
      const parts = [0, 1, 2, 3, 4, 5].map((i) => content.subarray(i * 50_000, (i + 1) * 50_000));
      const timer = setInterval(() => {
        const part = parts.shift();
        if (part === undefined) clearInterval(timer);
        else send(part);
      }, 400);
    });
    await resolve({ stallSeconds: 1.5 });
    expect(setting().events.filter(({ type }) => type === 'retry')).toEqual([]);
  });

  (existsSync('/dev/full') ? it : it.skip)('ends at once on a full disk (needs /dev/full)', async () => {
    const partial = `${blobOf(sha256(weights))}.node.incomplete`;
    await mkdir(dirname(partial), { recursive: true });
    await symlink('/dev/full', partial);
    await expect(resolve()).rejects.toThrow(
      `model.safetensors: cannot be written to ${partial}: ENOSPC: no space left on device`,
    );
    expect(setting().events.filter(({ type }) => type === 'retry')).toEqual([]);
  });

  it('fails an attempt in which nothing comes any more', async () => {
    answerWeights((content, send) => {
      send(content.subarray(0, 50_000));
    });
    const { folder } = await resolve({ stallSeconds: 0.3 });
    expect(await weightsIn(folder)).toBe(sha256(weights));
    expect(setting().events).toContainEqual(
      expect.objectContaining({ type: 'retry', reason: 'nothing came for 0.3 s' }),
    );
  });

  it('throws wrong content away and never uses it', async () => {
    const wrong = Buffer.from(weights);
    wrong[123_456] = 255;
    setting().hub.intervene = ({ server }, response) => {
      if (server === 'storage') response.end(wrong);
      return server === 'storage';
    };
    await expect(resolve()).rejects.toThrow(
      /sent as model\.safetensors is not what it lists: its SHA-256 is not [\da-f]{64}\. It was thrown away/,
    );
    const repo = join(setting().cache, 'models--Example--tiny-roberta');
    expect(await readdir(join(repo, 'blobs'))).toEqual([gitHash(Buffer.from(modelFiles['config.json']))]);
    await expect(lstat(join(repo, 'refs', 'main'))).rejects.toThrow('ENOENT');
    setting().hub.intervene = () => false;
    expect(await weightsIn((await resolve()).folder)).toBe(sha256(weights));
  });

  it('checks small files too, by git’s hash', async () => {
    setting().hub.intervene = ({ path }, response, content) => {
      if (!path.endsWith('/vocab.json') || content === null) return false;
      response.end(Buffer.from('{"b": 0}'));
      return true;
    };
    await expect(resolve()).rejects.toThrow('sent as vocab.json is not what it lists: its git hash is not');
  });

  it('refuses more bytes than are listed', async () => {
    setting().hub.intervene = ({ path }, response) => {
      if (!path.endsWith('/vocab.json')) return false;
      response.end('<html>Sign in to this network</html>');
      return true;
    };
    await expect(resolve({ attempts: 2 })).rejects.toThrow(
      'vocab.json: more than the 8 bytes that the hub lists',
    );
  });

  it('begins anew when what was left behind turns out wrong', async () => {
    const partial = `${blobOf(sha256(weights))}.node.incomplete`;
    await mkdir(dirname(partial), { recursive: true });
    await writeFile(partial, Buffer.alloc(200_000, 1));
    const { folder } = await resolve();
    expect(await weightsIn(folder)).toBe(sha256(weights));
    await expect(lstat(partial)).rejects.toThrow('ENOENT');
  });

  it('throws away what was left behind and is too long', async () => {
    const partial = `${blobOf(sha256(weights))}.node.incomplete`;
    await mkdir(dirname(partial), { recursive: true });
    await writeFile(partial, Buffer.alloc(weights.length + 1));
    const { folder } = await resolve();
    expect(await weightsIn(folder)).toBe(sha256(weights));
  });

  it('ends when it is told to, with the reason given', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    answerWeights((content, send) => {
      send(content.subarray(0, 50_000));
    });
    const heard: string[] = [];
    const onEvent: HubOptions['onEvent'] = (event) => {
      heard.push(event.type);
      if (event.type === 'received' && event.path === 'model.safetensors') stop.abort(reason);
    };
    await expect(resolve({ signal: stop.signal, onEvent })).rejects.toBe(reason);
    expect(heard).not.toContain('retry');
    await expect(resolve({ signal: stop.signal })).rejects.toBe(reason);
  });
});

describe('a data set', () => {
  const files = ['data/train.tsv', 'data/dev.tsv'];

  it('comes with the files that are asked for', async () => {
    const { hub, options, cache } = setting();
    const commit = hub.commit('Example/sentences', {
      'data/train.tsv': 'sentence\tlabel\na\t1\n',
      'data/dev.tsv': 'sentence\tlabel\nb\t0\n',
      'data/test.tsv': 'sentence\n',
      'README.md': '',
    });
    const { folder } = await resolveDataset('Example/sentences', { ...options, files });
    expect(folder).toBe(join(cache, 'datasets--Example--sentences', 'snapshots', commit));
    expect((await readdir(join(folder, 'data'))).sort()).toEqual(['dev.tsv', 'train.tsv']);
    expect(await readFile(join(folder, 'data', 'dev.tsv'), 'utf8')).toBe('sentence\tlabel\nb\t0\n');
    expect(hub.requests.map(({ path }) => path)).toContain(
      `/datasets/Example/sentences/resolve/${commit}/data/dev.tsv`,
    );
  });

  it('is refused when it lacks one, naming what it has', async () => {
    const { hub, options } = setting();
    hub.commit('Example/sentences', { 'data/train.tsv': '', 'data/validation.tsv': '' });
    await expect(resolveDataset('Example/sentences', { ...options, files })).rejects.toThrow(
      'revision main lacks data/dev.tsv; it has data/train.tsv, data/validation.tsv',
    );
  });

  it.each([['../secret'], ['a//b'], ['a\\b'], ['']])('cannot have a file %j', async (path) => {
    await expect(
      resolveDataset('Example/sentences', { ...setting().options, files: [path] }),
    ).rejects.toThrow(`files must be paths in the repository, such as data/train.tsv; got ${path}`);
  });
});

describe('@huggingface/hub', () => {
  it('finds in the cache what was put there', async () => {
    const { cache, commit } = setting();
    const { folder } = await resolve();
    const { blobs, refs } = await scanned(dirname(dirname(folder)));
    expect(refs).toEqual(['main']);
    expect(blobs).toContainEqual([join(folder, 'model.safetensors'), weights.length]);
    const found = await downloadFileToCacheDir({
      repo: id,
      path: 'model.safetensors',
      revision: commit,
      cacheDir: cache,
      fetch: () => Promise.reject(new Error('it is in the cache')),
    });
    expect(found).toBe(join(folder, 'model.safetensors'));
  });

  async function scanned(
    repo: string,
  ): Promise<{ readonly blobs: [string, number][]; readonly refs: readonly string[] }> {
    const { id: name, revisions } = await scanCachedRepo(repo);
    expect(name).toEqual({ type: 'model', name: id });
    const [revision] = revisions;
    if (revision === undefined) throw new Error('no revision');
    return { blobs: revision.files.map(({ path, blob }) => [path, blob.size]), refs: revision.refs };
  }
});
