import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { HubError, HubUnavailableError, resolveModel } from '../src/index.js';
import type { HubOptions, Resolved } from '../src/index.js';
import { refuse } from './fake-hub.js';
import { id, modelFiles, setUp } from './setting.js';

const setting = setUp();

const resolve = async (options: HubOptions = {}, name = id): Promise<Resolved> =>
  resolveModel(name, { ...setting().options, ...options });

/** Answers every request to the hub with this status. */
function answerAll(status: number, code?: string, headers = {}): void {
  setting().hub.intervene = (_, response) => {
    refuse(response, status, code, headers);
    return true;
  };
}

/** Answers the first `times` requests with a status, the others as usual. */
function answerFirst(times: number, status: number, headers = {}): void {
  let left = times;
  setting().hub.intervene = (_, response) => {
    if (left-- <= 0) return false;
    refuse(response, status, undefined, headers);
    return true;
  };
}

async function failure(work: Promise<unknown>): Promise<HubError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HubError)) throw new Error(`expected a HubError; got ${String(error)}`);
  expect(error.message).not.toContain('\n');
  return error;
}

describe('the hub refuses', () => {
  it('an unknown name', async () => {
    const { message } = await failure(resolve({}, 'Example/tiny-robert'));
    expect(message).toBe(
      `Example/tiny-robert: no such model on ${setting().hub.endpoint} (404), and no folder of that name: ` +
        'check the name; for a private one, give an access token in HF_TOKEN',
    );
  });

  it('an unknown revision', async () => {
    const { message } = await failure(resolve({ revision: 'v2' }));
    expect(message).toContain(`${id}: has no revision v2; ${setting().hub.endpoint}/${id}/tree/main shows`);
  });

  it('a request without a token that needs one', async () => {
    answerAll(401, 'RepoNotFound');
    const { message } = await failure(resolve());
    expect(message).toContain(
      'not for everybody (401): check the name; for a private or restricted one, give',
    );
  });

  it('a token that is not valid', async () => {
    answerAll(401);
    const { message } = await failure(resolve({ token: 'secret' }));
    expect(message).toContain('the access token (HF_TOKEN, or from hf auth login) is not valid for it (401)');
    expect(message).not.toContain('secret');
  });

  it.each([
    [null, "give that account's access token in HF_TOKEN"],
    ['secret', 'see that the access token belongs to that account'],
  ])('a model whose terms are not accepted, with the token %j', async (token, advice) => {
    answerAll(403, 'GatedRepo');
    const { message } = await failure(resolve({ token }));
    expect(message).toContain(
      `access is restricted (403): accept the terms on ${setting().hub.endpoint}/${id}, and ${advice}`,
    );
  });

  it.each([null, 'GatedRepo'])('access with 403 and the code %j', async (code) => {
    answerAll(403, code ?? undefined);
    expect((await failure(resolve())).message).toContain('access is restricted (403)');
  });

  it('content only, as it does for restricted models', async () => {
    setting().hub.intervene = ({ path }, response) => {
      if (!path.includes('/resolve/')) return false;
      refuse(response, 401, 'GatedRepo');
      return true;
    };
    expect((await failure(resolve())).message).toContain('access is restricted (401): accept the terms');
  });

  it('with a status that means nothing to us, once', async () => {
    answerAll(418);
    expect((await failure(resolve())).message).toContain(
      `answers with status 418 (/api/models/${id}/revision/main)`,
    );
    expect(setting().hub.requests).toHaveLength(1);
  });
});

describe('a hub in trouble', () => {
  it.each([429, 500, 502, 503, 504])('is asked again after %i', async (status) => {
    answerFirst(4, status);
    const { commit } = setting();
    expect((await resolve()).hub?.commit).toBe(commit);
    expect(setting().events.filter(({ type }) => type === 'retry')).toHaveLength(4);
  });

  it('is waited for as long as it asks', async () => {
    answerFirst(1, 429, { 'Retry-After': '1' });
    const began = performance.now();
    await resolve();
    expect(performance.now() - began).toBeGreaterThanOrEqual(990);
    expect(setting().events).toContainEqual({ type: 'retry', reason: 'too many requests (429)', seconds: 1 });
  });

  it('is not waited for when it asks for more than two minutes', async () => {
    answerFirst(1, 429, { 'Retry-After': new Date(Date.now() + 600_000).toUTCString() });
    const error = await failure(resolve());
    expect(error).toBeInstanceOf(HubUnavailableError);
    expect(error.message).toMatch(/too many requests \(429\); it asks to wait (59\d|600) s\./);
  });

  it('is given up in the end', async () => {
    answerAll(503);
    const error = await failure(resolve({ attempts: 3 }));
    expect(error).toBeInstanceOf(HubUnavailableError);
    expect(error.message).toContain('(attempts: 3): the hub fails (status 503)');
    expect(setting().hub.requests).toHaveLength(3);
    expect(setting().events.map((event) => (event.type === 'retry' ? event.seconds : null))).toEqual([
      0.001, 0.002,
    ]);
  });

  it.each(['../../../x', 'abc', `${'a'.repeat(39)}/`])('cannot pass %j for a hash', async (oid) => {
    const { hub } = setting();
    hub.intervene = ({ path }, response) => {
      if (!path.includes('/tree/')) return false;
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify([{ type: 'file', path: 'config.json', size: 1, oid }]));
      return true;
    };
    const error = await failure(resolve());
    expect(error.message).toContain(`${id}/config.json: a git-blob is 40 digits; got ${oid}`);
  });

  it('cannot pass a commit that is none', async () => {
    setting().hub.repos.get(id)?.revisions.set('main', '../x');
    expect((await failure(resolve())).message).toContain('a commit is 40 hexadecimal digits; got ../x');
  });
});

describe('no network', () => {
  it('names what works without one', async () => {
    await setting().hub.stop();
    const error = await failure(resolve({ attempts: 2 }));
    expect(error).toBeInstanceOf(HubUnavailableError);
    expect(error.message).toMatch(
      /cannot be had from http:\S+ \(attempts: 2\): .*ECONNREFUSED.*\. Without a network, HF_HUB_OFFLINE=1 takes what was downloaded before, and a folder of your own needs no hub$/,
    );
  });

  it('says so when all that is needed is in the cache', async () => {
    await resolve();
    await setting().hub.stop();
    const { message } = await failure(resolve({ attempts: 1 }));
    expect(message).toContain(`The cache has all that is needed, of commit ${setting().commit}: offline,`);
  });
});

describe('a repository without what is needed', () => {
  it.each([
    ['pytorch_model.bin', 'pytorch_model.bin'],
    ['model.safetensors.index.json', 'model.safetensors.index.json'],
  ])('is refused where the weights are %s', async (_, name) => {
    setting().hub.commit('Example/other', {
      'config.json': '{}',
      'tokenizer.json': '{}',
      [name]: { content: Buffer.alloc(1000), large: true },
    });
    const { message } = await failure(resolve({}, 'Example/other'));
    expect(message).toContain(
      `Example/other: revision main lacks model.safetensors; its weights are in ${name}, which is not read here: in Python,`,
    );
    expect(setting().hub.contentRequests()).toEqual([]);
  });

  it.each([
    [['vocab.json'], true],
    [['merges.txt'], true],
    [['tokenizer.json'], false],
    [['vocab.txt'], false],
    [['vocab.json', 'merges.txt'], false],
  ])('with the tokenizer’s files %j is refused: %j', async (names, refused) => {
    setting().hub.commit('Example/other', {
      'config.json': '{}',
      'model.safetensors': { content: Buffer.from('weights'), large: true },
      ...Object.fromEntries(names.map((name) => [name, name])),
    });
    const result = resolve({}, 'Example/other');
    if (refused) expect((await failure(result)).message).toContain('lacks a tokenizer (tokenizer.json,');
    else
      expect((await readdir((await result).folder)).sort()).toEqual(
        ['config.json', 'model.safetensors', ...names].sort(),
      );
  });
});

describe('a disk', () => {
  it('without room is told of before anything is downloaded', async () => {
    const { hub } = setting();
    hub.intervene = ({ path }, response) => {
      if (!path.includes('/tree/')) return false;
      const listed = Object.keys(modelFiles).map((name) => ({
        type: 'file',
        path: name,
        size: 1e15,
        oid: 'a'.repeat(40),
      }));
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(listed));
      return true;
    };
    const { message } = await failure(resolve());
    expect(message).toMatch(
      /needs 4000000\.00 GB in \S+, where [\d.]+ GB are free; HF_HUB_CACHE names another/,
    );
    expect(hub.contentRequests()).toEqual([]);
  });

  it('that does not take the cache’s folder is told of', async () => {
    const { folder } = setting();
    const cache = join(folder, 'file');
    await writeFile(cache, '');
    expect((await failure(resolve({ cache }))).message).toContain(
      `${join(cache, 'models--Example--tiny-roberta')}: cannot be made; HF_HUB_CACHE names another folder`,
    );
  });
});

describe('an option', () => {
  it.each<[object, string]>([
    [{ revison: 'main' }, 'unknown option "revison"; known are endpoint, cache,'],
    [{ attempts: 0 }, 'attempts must be an integer of at least 1; got 0'],
    [{ backoffSeconds: -1 }, 'backoffSeconds must be a number of at least 0; got -1'],
    [{ stallSeconds: 0 }, 'stallSeconds must be a positive number; got 0'],
    [{ endpoint: 'huggingface.co' }, 'endpoint (HF_ENDPOINT) must be an address such as https://'],
  ])('that is wrong is refused: %j', async (options, message) => {
    expect((await failure(resolve(options))).message).toContain(message);
    expect(setting().hub.requests).toEqual([]);
  });
});
