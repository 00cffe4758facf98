/**
 * Brings one file's content into the cache. It is written beside its place, goes on where an earlier download was cut, and
 * gets its name only when size and hash are what the hub says.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { sizeOf } from './cache.js';
import type { RepoCache } from './cache.js';
import { PassingFailure } from './client.js';
import type { HubClient } from './client.js';
import { hasContent } from './content-hash.js';
import { HubUnavailableError, reasonOf } from './error.js';
import type { RemoteFile } from './listing.js';
import { withLock } from './lock.js';

export async function downloadBlob(
  client: HubClient,
  cache: RepoCache,
  commit: string,
  file: RemoteFile,
): Promise<void> {
  const { signal, onEvent } = client.options;
  const { path, hash } = file;
  const blob = cache.blob(hash.hex);
  const partial = cache.partial(hash.hex);
  const onWait = (): void => {
    onEvent({ type: 'waiting', path });
  };
  await withLock(cache.lock(hash.hex), { signal, onWait }, async () => {
    // Another process may have brought it meanwhile, or another commit may have the same content.
    if ((await sizeOf(blob)) === file.size && (await hasContent(blob, hash))) return;
    await mkdir(dirname(blob), { recursive: true });
    const transferred = await fill(client, commit, file, partial);
    await rename(partial, blob);
    onEvent({ type: 'verified', path, size: file.size, transferred });
  });
}

/**
 * Makes `partial` the whole content, from what it holds already if that is right.
 * @returns bytes that came over the network
 */
async function fill(client: HubClient, commit: string, file: RemoteFile, partial: string): Promise<number> {
  const { path, size, hash } = file;
  const left = (await sizeOf(partial)) ?? 0;
  if (left > size) await rm(partial);
  const kept = left > size ? 0 : left;
  client.options.onEvent({ type: 'file', path, size, resumed: kept });
  let transferred = await receive(client, commit, file, partial);
  if (await hasContent(partial, hash)) return transferred;
  await rm(partial);
  if (kept > 0) {
    // What was left by the earlier download may be what is wrong.
    transferred += await receive(client, commit, file, partial);
    if (await hasContent(partial, hash)) return transferred;
    await rm(partial);
  }
  throw new HubUnavailableError(
    `${client.repo.id}: what ${client.settings.endpoint} sent as ${path} is not what it lists: its ` +
      `${hash.kind === 'sha256' ? 'SHA-256' : 'git hash'} is not ${hash.hex}. It was thrown away; something between ` +
      'here and the hub (a proxy, a mirror) may change contents',
  );
}

/**
 * Appends to `partial` until it has the file's size.
 * @returns bytes that came over the network
 */
async function receive(
  client: HubClient,
  commit: string,
  file: RemoteFile,
  partial: string,
): Promise<number> {
  const url = client.contentUrl(commit, file.path);
  const handle = await open(partial, 'a');
  let transferred = 0;
  let position = (await handle.stat()).size;
  try {
    await client.persist(attempt, () => position);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return transferred;

  async function attempt(): Promise<void> {
    if (position === file.size) return;
    const headers: Record<string, string> = { 'Accept-Encoding': 'identity' };
    if (position > 0) headers['Range'] = `bytes=${position}-`;
    await client.send(url, { headers }, async (response, alive) => {
      if (position > 0 && !goesOnAt(response, position)) await startAgain();
      for await (const bytes of chunksOf(response)) {
        alive();
        if (position + bytes.length > file.size) {
          await startAgain();
          throw new PassingFailure(`${file.path}: more than the ${file.size} bytes that the hub lists`);
        }
        await keep(bytes);
        position += bytes.length;
        transferred += bytes.length;
        client.options.onEvent({ type: 'received', path: file.path, size: file.size, received: position });
      }
    });
    if (position < file.size) {
      throw new PassingFailure(`${file.path}: cut after ${position} of ${file.size} bytes`);
    }
  }

  async function keep(bytes: Uint8Array): Promise<void> {
    try {
      let done = 0;
      while (done < bytes.length) done += (await handle.write(bytes, done)).bytesWritten;
    } catch (error) {
      throw new HubUnavailableError(`${file.path}: cannot be written to ${partial}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  async function startAgain(): Promise<void> {
    await handle.truncate(0);
    position = 0;
  }
}

/** Whether an answer holds the bytes from `position` on, as it was asked to, and not the whole file. */
function goesOnAt(response: Response, position: number): boolean {
  const range = /^bytes (\d+)-/.exec(response.headers.get('Content-Range') ?? '');
  return response.status === 206 && Number(range?.[1]) === position;
}

async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
