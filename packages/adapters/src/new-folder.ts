/**
 * A folder that appears whole or not at all: it is filled under a temporary name beside its own, and renamed. What lies
 * there already is never touched.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * @param path where the folder is to be; its parents are made. An empty folder may lie there
 * @param fill writes the files into the folder that it is given
 * @returns what `fill` gives
 * @throws when something lies at `path`, or `fill` fails: nothing is left behind then
 */
export async function writeNewFolder<T>(path: string, fill: (draft: string) => Promise<T>): Promise<T> {
  const target = resolve(path);
  await requireNewFolder(path);
  const draft = join(dirname(target), `.${basename(target)}.${randomUUID()}.partial`);
  try {
    await mkdir(draft, { recursive: true });
  } catch (error) {
    throw new Error(`${path}: cannot be made: ${describe(error)}`, { cause: error });
  }
  try {
    const result = await fill(draft);
    // Takes an empty folder away; one that has been filled meanwhile is an error.
    await rmdir(target).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    await rename(draft, target);
    return result;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Whether `writeNewFolder` may write there; to ask before long work.
 * @throws when something lies at `path`
 */
export async function requireNewFolder(path: string): Promise<void> {
  const entries = await readdir(path).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw new Error(`${path}: must be a folder that can be made; ${describe(error)}`, { cause: error });
  });
  if (entries.length > 0) {
    throw new Error(`${path}: must not exist yet, or be empty; it holds ${entries.length} entries`);
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
