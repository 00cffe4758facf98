import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { resolveModel } from '../src/index.js';
import { parseRepo } from '../src/repo.js';
import { readSettings } from '../src/settings.js';

let folder: string;
const cwd = process.cwd();
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'hub-names-')));
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(cwd);
  await rm(folder, { recursive: true, force: true });
});

describe('an id', () => {
  it.each([
    ['roberta-base', 'roberta-base', 'main'],
    ['FacebookAI/roberta-base', 'FacebookAI/roberta-base', 'main'],
    ['FacebookAI/roberta-base@v1.0', 'FacebookAI/roberta-base', 'v1.0'],
    ['a/b_c.d-e@refs/pr/1', 'a/b_c.d-e', 'refs/pr/1'],
    [`a/b@${'0123456789'.repeat(4)}`, 'a/b', '0123456789'.repeat(4)],
  ])('%s is read', (text, id, revision) => {
    expect(parseRepo('model', text)).toEqual({ type: 'model', id, revision });
  });

  it.each([
    '',
    'a/b/c',
    'a b',
    '-a',
    'a/.b',
    'a/b.',
    'a-/b',
    'a--b',
    'a..b',
    'a/b.git',
    'a\\b',
    'é/b',
    'a/b?c',
    'a'.repeat(97),
    '~/model',
  ])('%j is none', (text) => {
    expect(() => parseRepo('model', text)).toThrow(
      'no such folder, and not a model id, which is name or owner/name',
    );
  });

  it.each(['', '..', 'a/../b', '/a', 'a/', 'a//b', '.a', 'a.', 'a b', 'a:b', 'a?b', 'a\\b', 'a\nb'])(
    'cannot have the revision %j',
    (revision) => {
      const message = `a/b: revision must be a branch, a tag or a commit; got ${JSON.stringify(revision)}`;
      expect(() => parseRepo('model', 'a/b', revision)).toThrow(message);
      expect(() => parseRepo('model', `a/b@${revision}`)).toThrow(message);
    },
  );

  it('has one revision', () => {
    expect(parseRepo('model', 'a/b@v1', 'v1').revision).toBe('v1');
    expect(() => parseRepo('model', 'a/b@v1', 'v2')).toThrow(
      'has the revision v1, and v2 is asked for beside it',
    );
  });
});

describe('a folder', () => {
  const never: typeof fetch = () => Promise.reject(new Error('a folder needs no request'));
  const resolve = async (text: string): Promise<string> =>
    (await resolveModel(text, { fetch: never })).folder;

  it('that exists wins, whatever its name looks like', async () => {
    await mkdir('FacebookAI/roberta-base', { recursive: true });
    expect(await resolve('FacebookAI/roberta-base')).toBe(join(folder, 'FacebookAI', 'roberta-base'));
    expect(await resolve('FacebookAI')).toBe(join(folder, 'FacebookAI'));
  });

  it.each(['./none', '../none', '.', '..', '/none/there'])('is what %s can only be', async (text) => {
    const result = await resolveModel(text, { fetch: never });
    expect(result.hub).toBeNull();
  });

  it('has no revision', async () => {
    await expect(resolveModel('./model', { revision: 'v1' })).rejects.toThrow(
      './model: is a folder, which has no revision; got the revision v1',
    );
  });
});

describe('settings', () => {
  const home = homedir();
  const ofPlaces = async (environment: Record<string, string>): Promise<string> =>
    (await readSettings({ token: null }, environment)).cache;

  it.each<[Record<string, string>, string]>([
    [{}, `${home}/.cache/huggingface/hub`],
    [{ XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
    [{ XDG_CACHE_HOME: '/x', HF_HOME: '/h' }, '/h/hub'],
    [{ HF_HOME: '~/h' }, `${home}/h/hub`],
    [{ HF_HOME: '$BASE/${SUB}/h', BASE: '/b', SUB: 's' }, '/b/s/h/hub'],
    [{ HF_HOME: '$MISSING/h' }, join(cwd, '$MISSING/h/hub')],
    [{ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old' }, '/old'],
    [{ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old', HF_HUB_CACHE: '/new' }, '/new'],
    [{ HF_HOME: '', HF_HUB_CACHE: '' }, `${home}/.cache/huggingface/hub`],
  ])('take the cache of %j where Python takes it', async (environment, cache) => {
    const here = cache.replace(cwd, folder);
    expect(await ofPlaces({ ...environment })).toBe(here);
  });

  it('take the token from the variable, else from the file, unless that is forbidden', async () => {
    await writeFile(join(folder, 'token'), 'from-file\n');
    const token = async (environment: Record<string, string>): Promise<string | null> =>
      (await readSettings({}, { HF_HOME: folder, ...environment })).token;
    expect(await token({})).toBe('from-file');
    expect(await token({ HF_TOKEN: ' from-variable ' })).toBe('from-variable');
    expect(await token({ HUGGING_FACE_HUB_TOKEN: 'older' })).toBe('older');
    expect(await token({ HF_TOKEN_PATH: join(folder, 'none') })).toBeNull();
    expect(await token({ HF_TOKEN: 'x', HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).toBeNull();
    expect((await readSettings({ token: 'given' }, { HF_HOME: folder })).token).toBe('given');
    expect((await readSettings({ token: null }, { HF_HOME: folder })).token).toBeNull();
    await expect(token({ HF_TOKEN_PATH: folder })).rejects.toThrow(`${folder}: cannot read the access token`);
  });

  it('take the address of the hub', async () => {
    const endpoint = async (environment: Record<string, string>): Promise<string> =>
      (await readSettings({ token: null }, environment)).endpoint;
    expect(await endpoint({})).toBe('https://huggingface.co');
    expect(await endpoint({ HF_ENDPOINT: 'https://mirror.example/hub/' })).toBe('https://mirror.example/hub');
    await expect(endpoint({ HF_ENDPOINT: 'file:///hub' })).rejects.toThrow('must be an address such as');
  });
});
