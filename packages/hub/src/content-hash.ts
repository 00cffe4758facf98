/** The hash by which the hub names a file's content, which is also the name of its blob in the cache. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

export interface ContentHash {
  /** SHA-256 of the content for files in large-file storage, git's blob hash (SHA-1 with a header) for others. */
  readonly kind: 'sha256' | 'git-blob';
  /** In small letters. */
  readonly hex: string;
}

/** Whether a file's content has this hash. */
export async function hasContent(path: string, { kind, hex }: ContentHash): Promise<boolean> {
  const hash = createHash(kind === 'sha256' ? 'sha256' : 'sha1');
  if (kind === 'git-blob') hash.update(`blob ${(await stat(path)).size}\0`);
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex') === hex;
}
