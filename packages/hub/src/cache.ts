/**
 * One repository in the cache that Hugging Face's clients share, in the layout of https://huggingface.co/docs/hub/local-cache:
 *
 *     models--owner--name/blobs/<hash>               contents, named by what the hub says is their hash
 *     models--owner--name/snapshots/<commit>/<path>  links to them, a folder for each commit
 *     models--owner--name/refs/<revision>            the commit that a branch or tag stood for when it was last asked
 *     models--owner--name/.no_exist/<commit>/<path>  an empty file for each file that the commit is known not to have
 *
 * Every file appears under its name in one step, so that readers, of other programs too, see all of it or nothing.
 */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import { hasCode } from './error.js';
import { isCommit } from './repo.js';
import type { Repo } from './repo.js';

export class RepoCache {
  /** The repository's folder in the cache. */
  readonly folder: string;
  readonly #locks: string;

  constructor(root: string, { type, id }: Pick<Repo, 'type' | 'id'>) {
    const name = [`${type}s`, ...id.split('/')].join('--');
    this.folder = join(root, name);
    this.#locks = join(root, '.locks', name);
  }

  /** The folder with the files of a commit. */
  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  blob(hash: string): string {
    return join(this.folder, 'blobs', hash);
  }

  /** A download that is not complete yet. The name is ours: Python's client keeps its own beside it. */
  partial(hash: string): string {
    return `${this.blob(hash)}.node.incomplete`;
  }

  /** Held while a blob is written. Not the name that Python's client takes, which locks by another mechanism. */
  lock(hash: string): string {
    return join(this.#locks, `${hash}.node.lock`);
  }

  /** The commit that a branch or tag stood for when it was last asked; null if it never was. */
  async commitOf(revision: string): Promise<string | null> {
    if (isCommit(revision)) return revision;
    try {
      const commit = (await readFile(join(this.folder, 'refs', revision), 'utf8')).trim();
      return isCommit(commit) ? commit : null;
    } catch (error) {
      if (isAbsence(error)) return null;
      throw error;
    }
  }

  async setCommit(revision: string, commit: string): Promise<void> {
    if (isCommit(revision)) return;
    await appear(join(this.folder, 'refs', revision), async (path) => writeFile(path, commit));
  }

  /** Bytes of a file of a commit, null if it is not here. */
  async sizeOf(commit: string, path: string): Promise<number | null> {
    return sizeOf(join(this.snapshot(commit), path));
  }

  /** Whether the commit is known not to have this file. */
  async isKnownAbsent(commit: string, path: string): Promise<boolean> {
    return (await sizeOf(this.#absence(commit, path))) !== null;
  }

  async markAbsent(commit: string, path: string): Promise<void> {
    if (await this.isKnownAbsent(commit, path)) return;
    await appear(this.#absence(commit, path), async (name) => writeFile(name, ''));
  }

  /** Makes a blob a file of a commit: a link, or a copy on systems that refuse links. */
  async link(hash: string, commit: string, path: string): Promise<void> {
    const blob = this.blob(hash);
    const place = join(this.snapshot(commit), path);
    await appear(place, async (name) => {
      try {
        await symlink(relative(dirname(place), blob), name);
      } catch (error) {
        if (!hasCode(error, 'EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EINVAL')) throw error;
        await copyFile(blob, name);
      }
    });
  }

  #absence(commit: string, path: string): string {
    return join(this.folder, '.no_exist', commit, path);
  }
}

/** Bytes of a file, links followed; null if there is none. */
export async function sizeOf(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : null;
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

/** Has `make` make a file under a temporary name in `path`'s folder, and gives it its name. */
async function appear(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR');
}
