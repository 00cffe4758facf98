/** The files of a repository at one commit, as a folder in the cache: looked up, and downloaded where they are not there. */
import { mkdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path/posix';

import { RepoCache, sizeOf } from './cache.js';
import { HubClient } from './client.js';
import type { ClientOptions } from './client.js';
import { downloadBlob } from './download.js';
import { HubError, HubUnavailableError, hasCode } from './error.js';
import { remoteCommit, remoteFiles } from './listing.js';
import type { RemoteFile } from './listing.js';
import type { FileNeeds } from './needs.js';
import { isCommit } from './repo.js';
import type { Repo } from './repo.js';
import type { HubSettings } from './settings.js';

export interface Snapshot {
  /** Holds the files, as links into the cache. */
  readonly folder: string;
  /** The commit that the revision stood for: asked for by this, the content is the same for ever. */
  readonly commit: string;
}

/**
 * @throws HubError when the repository, the revision or a file that is needed is not there, or access is denied
 * @throws HubUnavailableError when the hub cannot be reached or sends wrong content
 */
export async function snapshot(
  repo: Repo,
  needs: FileNeeds,
  settings: HubSettings,
  options: ClientOptions,
): Promise<Snapshot> {
  const cache = new RepoCache(settings.cache, repo);
  const cached = await lookUp(cache, repo, needs);
  // A commit never changes: what is here of it need not be asked for again.
  const settled = isCommit(repo.revision) && cached.unknown === 0 && cached.lacking.length === 0;
  if (cached.commit !== null && (settled || (settings.offline && cached.lacking.length === 0))) {
    const folder = cache.snapshot(cached.commit);
    const { files, size } = cached;
    const missing = { files: 0, size: 0 };
    options.onEvent({ type: 'resolved', id: repo.id, commit: cached.commit, folder, files, size, missing });
    return { folder, commit: cached.commit };
  }
  if (settings.offline) throw notCached(repo, cache, cached);
  const client = new HubClient(repo, settings, options);
  try {
    return await download(client, cache, needs);
  } catch (error) {
    if (!(error instanceof HubUnavailableError) || cached.commit === null || cached.lacking.length > 0)
      throw error;
    throw new HubUnavailableError(
      `${error.message}. The cache has all that is needed, of commit ${cached.commit}: offline, that is what is taken`,
      { cause: error },
    );
  }
}

interface Cached {
  /** null if the revision has never been asked for. */
  readonly commit: string | null;
  readonly files: number;
  /** Bytes. */
  readonly size: number;
  /** Candidates of which it is not known whether the commit has them. */
  readonly unknown: number;
  readonly lacking: readonly string[];
}

async function lookUp(cache: RepoCache, { revision }: Repo, needs: FileNeeds): Promise<Cached> {
  const commit = await cache.commitOf(revision);
  const available = new Set<string>();
  let size = 0;
  let unknown = 0;
  if (commit !== null) {
    for (const path of needs.candidates) {
      const found = await cache.sizeOf(commit, path);
      if (found !== null) {
        available.add(path);
        size += found;
      } else if (!(await cache.isKnownAbsent(commit, path))) unknown++;
    }
  }
  return { commit, files: available.size, size, unknown, lacking: needs.lacking(available) };
}

function notCached({ id, revision }: Repo, { folder }: RepoCache, { commit, lacking }: Cached): HubError {
  const missing = lacking.join(', ');
  const what =
    commit === null
      ? `revision ${revision} is not in the cache; missing are ${missing}`
      : `commit ${commit} is in the cache without ${missing}`;
  return new HubError(
    `${id}: offline, and ${what} (${folder}). Run it once with a network, or give a folder of your own`,
  );
}

async function download(client: HubClient, cache: RepoCache, needs: FileNeeds): Promise<Snapshot> {
  const { repo, options } = client;
  const commit = await remoteCommit(client);
  const listed = await remoteFiles(client, commit, new Set(needs.candidates.map(folderOf)));
  const lacking = needs.lacking(new Set(needs.candidates.filter((path) => listed.has(path))));
  if (lacking.length > 0) {
    const advice = needs.advice(new Set(listed.keys()));
    throw new HubError(
      `${repo.id}: revision ${repo.revision} lacks ${lacking.join(' and ')}${advice === '' ? '' : `; ${advice}`}`,
    );
  }
  const wanted = needs.candidates.flatMap((path) => listed.get(path) ?? []);
  const missing: RemoteFile[] = [];
  for (const file of wanted) if ((await cache.sizeOf(commit, file.path)) !== file.size) missing.push(file);
  const folder = cache.snapshot(commit);
  options.onEvent({
    type: 'resolved',
    id: repo.id,
    commit,
    folder,
    files: wanted.length,
    size: total(wanted),
    missing: { files: missing.length, size: total(missing) },
  });
  await checkRoom(client, cache, missing);
  for (const file of missing) {
    await downloadBlob(client, cache, commit, file);
    await cache.link(file.hash.hex, commit, file.path);
  }
  for (const path of needs.candidates) if (!listed.has(path)) await cache.markAbsent(commit, path);
  // Last: a revision that is looked up in the cache then leads to a whole snapshot.
  await cache.setCommit(repo.revision, commit);
  return { folder, commit };
}

/** @throws HubError when the disk has no room for what is to come */
async function checkRoom(client: HubClient, cache: RepoCache, files: readonly RemoteFile[]): Promise<void> {
  if (files.length === 0) return;
  let needed = 0;
  for (const { size, hash } of files)
    needed += Math.max(0, size - ((await sizeOf(cache.partial(hash.hex))) ?? 0));
  try {
    await mkdir(cache.folder, { recursive: true });
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST')) throw error;
    throw new HubError(
      `${cache.folder}: cannot be made; HF_HUB_CACHE names another folder for the cache: ${String(error)}`,
      { cause: error },
    );
  }
  const { bavail, bsize } = await statfs(cache.folder);
  if (needed > bavail * bsize) {
    throw new HubError(
      `${client.repo.id}: needs ${inGigabytes(needed)} in ${client.settings.cache}, where ${inGigabytes(bavail * bsize)} ` +
        'are free; HF_HUB_CACHE names another folder for the cache',
    );
  }
}

function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

function total(files: readonly RemoteFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

/** The folder of a path in a repository; '' for its root. */
function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}
