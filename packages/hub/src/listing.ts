/** What the hub says about a repository: the commit of a revision, the files of a commit. Asked through @huggingface/hub. */
import type { HubClient } from './client.js';
import type { ContentHash } from './content-hash.js';
import { HubUnavailableError } from './error.js';
import { isCommit } from './repo.js';

export interface RemoteFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly hash: ContentHash;
}

/** The commit that the client's revision stands for now. */
export async function remoteCommit({ repo, settings, fetchWhole }: HubClient): Promise<string> {
  if (isCommit(repo.revision)) return repo.revision;
  const { datasetInfo, modelInfo } = await import('@huggingface/hub');
  const request = {
    name: repo.id,
    revision: repo.revision,
    hubUrl: settings.endpoint,
    fetch: fetchWhole,
    additionalFields: ['sha' as const],
  };
  const { sha } = repo.type === 'model' ? await modelInfo(request) : await datasetInfo(request);
  if (!isCommit(sha))
    throw malformed(settings.endpoint, `${repo.id}: a commit is 40 hexadecimal digits`, sha);
  return sha;
}

/**
 * The files of a commit.
 * @param folders of the repository that are looked into, without those in them; '' is its root
 */
export async function remoteFiles(
  { repo, settings, fetchWhole }: HubClient,
  commit: string,
  folders: Iterable<string>,
): Promise<ReadonlyMap<string, RemoteFile>> {
  const { listFiles } = await import('@huggingface/hub');
  const files = new Map<string, RemoteFile>();
  for (const path of folders) {
    const entries = listFiles({
      repo: { type: repo.type, name: repo.id },
      revision: commit,
      hubUrl: settings.endpoint,
      fetch: fetchWhole,
      ...(path === '' ? {} : { path }),
    });
    for await (const { type, path: file, size, oid, lfs } of entries) {
      if (type !== 'file') continue;
      const hash: ContentHash =
        lfs === undefined ? { kind: 'git-blob', hex: oid ?? '' } : { kind: 'sha256', hex: lfs.oid };
      // The hash becomes a file's name.
      const digits = hash.kind === 'sha256' ? 64 : 40;
      if (hash.hex.length !== digits || !/^[\da-f]+$/.test(hash.hex)) {
        throw malformed(
          settings.endpoint,
          `${repo.id}/${file}: a ${hash.kind} is ${digits} digits`,
          hash.hex,
        );
      }
      if (!Number.isSafeInteger(size) || size < 0) {
        throw malformed(settings.endpoint, `${repo.id}/${file}: a size is a number of bytes`, size);
      }
      files.set(file, { path: file, size, hash });
    }
  }
  return files;
}

function malformed(endpoint: string, expected: string, received: unknown): HubUnavailableError {
  return new HubUnavailableError(
    `${endpoint} sent what is no hub's answer; ${expected}; got ${String(received)}`,
  );
}
