/**
 * The hidden folder beside a run's, `.NAME.PID.partial`, in which the run is written. Its name is its lock: it belongs to the
 * process of that number while that lives. Going on with it means giving it one's own number, and only one process can.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** The file in a draft that says on which machine, and when, its process was started. */
const ownerFile = 'owner.json';

/** The training state, from which a run goes on. */
export const stateFile = 'training-state.safetensors';

export interface Draft {
  readonly path: string;
  readonly pid: number;
  /** Who writes it now, in words; null where nobody does. */
  readonly heldBy: string | null;
  /** Whether a run can go on from it. */
  readonly hasState: boolean;
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process was started, in the system's own count; null where the system does not tell. */
  readonly started: string | null;
}

/** Every draft of a run. */
export async function draftsOf(run: string): Promise<readonly Draft[]> {
  const names = await readdir(dirname(run)).catch(() => []);
  const prefix = `.${basename(run)}.`;
  const drafts: Draft[] = [];
  for (const name of names) {
    const pid = /^(\d+)\.partial$/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : '')?.[1];
    if (pid === undefined) continue;
    const path = join(dirname(run), name);
    drafts.push({
      path,
      pid: Number(pid),
      heldBy: await holderOf(path, Number(pid)),
      hasState: existsSync(join(path, stateFile)),
    });
  }
  return drafts;
}

/** Makes this process's draft of a run, which must not exist. */
export async function makeDraft(run: string): Promise<string> {
  const path = ownDraft(run);
  await mkdir(dirname(run), { recursive: true });
  await mkdir(path);
  await sign(path);
  return path;
}

/**
 * Makes a draft this process's own, and takes everything out of it that is not to be kept.
 * @param keep names of files
 * @throws when it is gone: another process has taken it
 */
export async function takeDraft(run: string, draft: Draft, keep: readonly string[]): Promise<string> {
  const path = ownDraft(run);
  await rename(draft.path, path);
  await sign(path);
  for (const name of await readdir(path)) {
    if (name !== ownerFile && !keep.includes(name)) await rm(join(path, name), { recursive: true });
  }
  return path;
}

/** Takes out of a folder what only a draft holds. */
export async function stripDraft(path: string): Promise<void> {
  for (const name of [stateFile, ownerFile]) await rm(join(path, name), { force: true });
}

const ownDraft = (run: string): string => join(dirname(run), `.${basename(run)}.${process.pid}.partial`);

async function sign(path: string): Promise<void> {
  const owner: Owner = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  await writeFile(join(path, ownerFile), JSON.stringify(owner));
}

async function holderOf(path: string, pid: number): Promise<string | null> {
  const owner = await readOwner(path);
  const signed = owner?.pid === pid ? owner : null;
  if (signed !== null && signed.host !== hostname()) {
    return `process ${pid} on ${signed.host} (if that has ended, remove ${join(path, ownerFile)})`;
  }
  if (pid === process.pid || !isAlive(pid)) return null;
  // Another process may have come by the number since.
  const [then, now] = [signed?.started ?? null, startOf(pid)];
  const other = then !== null && now !== null && then !== now;
  return other ? null : `process ${pid}`;
}

async function readOwner(path: string): Promise<Owner | null> {
  try {
    const owner: unknown = JSON.parse(await readFile(join(path, ownerFile), 'utf8'));
    return isOwner(owner) ? owner : null;
  } catch {
    return null;
  }
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== 'object' || value === null) return false;
  if (!('pid' in value) || !('host' in value) || !('started' in value)) return false;
  const { pid, host, started } = value;
  return (
    typeof pid === 'number' && typeof host === 'string' && (started === null || typeof started === 'string')
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user's may not be signalled, but is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Linux tells in the 22nd field of /proc/PID/stat; the second, a name in brackets, may hold spaces. */
function startOf(pid: number): string | null {
  try {
    const [, fields = ''] = /.*\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return fields.split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
