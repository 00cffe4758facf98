/**
 * What a user calls a model or a data set: `name`, `owner/name`, either with `@revision`.
 *
 * The rules for ids are those of Hugging Face's Python client (`validate_repo_id`). Ids and revisions become names of
 * files in the cache and parts of addresses, so that nothing else may pass.
 */
import { HubError } from './error.js';

export type RepoType = 'model' | 'dataset';

/** A repository on the hub, at a revision. */
export interface Repo {
  readonly type: RepoType;
  /** `owner/name`, or `name` for the oldest repositories. */
  readonly id: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

const idPattern = /^(?:[a-z\d][\w.-]*\/)?[a-z\d][\w.-]*$/i;
const idLength = 96;

/** Of the characters that git allows, those that can stand in an address and in a file's name everywhere. */
const revisionPattern = /^[\p{L}\p{N}._+=/-]+$/u;

const defaultRevision = 'main';

/** A full commit hash names the same content for ever. */
export function isCommit(revision: string): boolean {
  return /^[\da-f]{40}$/.test(revision);
}

/**
 * @param text `name`, `owner/name`, or one of them with `@revision`
 * @param revision a revision given beside it; `main` if there is none at all
 * @throws HubError for what can be neither, and for two revisions that differ
 */
export function parseRepo(type: RepoType, text: string, revision?: string): Repo {
  const [id = '', ...rest] = text.split('@');
  const own = rest.length === 0 ? undefined : rest.join('@');
  if (!isId(id)) {
    throw new HubError(
      `${text}: no such folder, and not a ${type} id, which is name or owner/name with letters, digits, '-', '_' and '.'`,
    );
  }
  if (own !== undefined && revision !== undefined && own !== revision) {
    throw new HubError(`${text}: has the revision ${own}, and ${revision} is asked for beside it; give one`);
  }
  const wanted = own ?? revision ?? defaultRevision;
  if (!isRevision(wanted)) {
    throw new HubError(`${id}: revision must be a branch, a tag or a commit; got ${JSON.stringify(wanted)}`);
  }
  return { type, id, revision: wanted };
}

function isId(id: string): boolean {
  return idPattern.test(id) && id.length <= idLength && !/--|\.\.|[-.](?:\/|$)|\.git$/.test(id);
}

function isRevision(revision: string): boolean {
  return (
    revisionPattern.test(revision) &&
    revision.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.'))
  );
}
