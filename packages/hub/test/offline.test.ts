import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { resolveModel } from '../src/index.js';
import type { HubOptions, Resolved } from '../src/index.js';
import { id, setUp } from './setting.js';

const setting = setUp();

const resolve = async (options: HubOptions = {}): Promise<Resolved> =>
  resolveModel(id, { ...setting().options, ...options });

describe('offline', () => {
  it.each<[string, HubOptions]>([
    ['the option', { offline: true }],
    ['HF_HUB_OFFLINE', { environment: { HF_HUB_OFFLINE: '1' } }],
    ['TRANSFORMERS_OFFLINE', { environment: { TRANSFORMERS_OFFLINE: 'yes' } }],
  ])('by %s: what the branch was when it was last asked, without a request', async (_, offline) => {
    const { hub, commit } = setting();
    const first = await resolve();
    hub.commit(id, { 'config.json': '{}' });
    hub.requests.length = 0;
    expect(await resolve(offline)).toEqual(first);
    expect((await resolve({ ...offline, revision: commit })).folder).toBe(first.folder);
    expect(hub.requests).toEqual([]);
  });

  it('names what is missing where nothing is in the cache', async () => {
    const { cache, hub } = setting();
    await expect(resolve({ offline: true })).rejects.toThrow(
      `${id}: offline, and revision main is not in the cache; missing are config.json, model.safetensors, ` +
        'a tokenizer (tokenizer.json, vocab.json with merges.txt, or vocab.txt) ' +
        `(${join(cache, 'models--Example--tiny-roberta')}). Run it once with a network, or give a folder of your own`,
    );
    expect(hub.requests).toEqual([]);
  });

  it('names the file that is missing', async () => {
    const { commit } = setting();
    const { folder } = await resolve();
    await rm(join(folder, 'merges.txt'));
    await expect(resolve({ offline: true })).rejects.toThrow(
      `commit ${commit} is in the cache without a tokenizer (tokenizer.json, vocab.json with merges.txt, or vocab.txt) (`,
    );
  });

  it('does not take a download that was never finished', async () => {
    const { hub } = setting();
    hub.intervene = ({ path }, response) => {
      if (!path.endsWith('/merges.txt')) return false;
      response.writeHead(404).end();
      return true;
    };
    await expect(resolve()).rejects.toThrow('404');
    await expect(resolve({ offline: true })).rejects.toThrow('revision main is not in the cache');
  });

  it('is overruled by the option', async () => {
    await resolve({ offline: false, environment: { HF_HUB_OFFLINE: '1' } });
    expect(setting().hub.requests).not.toEqual([]);
  });
});
