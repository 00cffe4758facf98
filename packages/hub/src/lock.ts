/**
 * One process at a time, by a file that exists while somebody works. Its holder touches it at a steady pace; a file that
 * nobody has touched for a while was left by a process that was killed, and is taken over. How long that is, is told by how
 * often the waiting process has looked, so that neither clocks of other machines nor a machine that slept matter.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { hasCode } from './error.js';
import { pause } from './pause.js';

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once, when somebody else holds the lock. */
  readonly onWait?: () => void;
  /** After this time without a touch a lock counts as left behind. Default 10; the holder touches it five times as often. */
  readonly staleSeconds?: number;
}

const pollSeconds = 0.1;

/** Runs `work` while holding the lock `path`, whose folder is made if need be. */
export async function withLock<T>(
  path: string,
  { signal, onWait, staleSeconds = 10 }: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const owner = randomUUID();
  await mkdir(dirname(path), { recursive: true });
  await acquire();
  const touching = setInterval(() => {
    const now = new Date();
    // A lock that somebody has taken over cannot be touched, and need not be.
    utimes(path, now, now).catch(() => undefined);
  }, staleSeconds * 200);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    await release();
  }

  async function acquire(): Promise<void> {
    let state = '';
    let unchanged = 0;
    let told = false;
    for (;;) {
      signal?.throwIfAborted();
      try {
        await writeFile(path, owner, { flag: 'wx' });
        return;
      } catch (error) {
        if (!hasCode(error, 'EEXIST')) throw error;
      }
      const found = await stateOf(path);
      if (found === null) continue;
      if (found !== state) {
        state = found;
        unchanged = 0;
      } else if (++unchanged * pollSeconds > staleSeconds) {
        await takeAway(path, state);
        continue;
      }
      if (!told) onWait?.();
      told = true;
      await pause(pollSeconds, signal);
    }
  }

  async function release(): Promise<void> {
    const holder = await readFile(path, 'utf8').catch(() => null);
    if (holder === owner) await rm(path, { force: true });
  }
}

/** Removes an abandoned lock, unless it has just come to be somebody's again. */
async function takeAway(path: string, state: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if ((await stateOf(aside)) !== state) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

/** What changes when a lock is touched or made anew; null if there is none. */
async function stateOf(path: string): Promise<string | null> {
  try {
    const { ino, mtimeMs } = await stat(path);
    return `${ino} ${mtimeMs}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
