/** A model or data set by what a user calls it: a folder of their own, or an id on the hub. */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';

import { HubError } from './error.js';
import type { HubEvent } from './events.js';
import { modelNeeds, theseFiles } from './needs.js';
import type { FileNeeds } from './needs.js';
import { parseRepo } from './repo.js';
import type { RepoType } from './repo.js';
import { readSettings } from './settings.js';
import type { Environment, SettingsOptions } from './settings.js';
import { snapshot } from './snapshot.js';

export interface HubOptions extends SettingsOptions {
  /** Branch, tag or commit. Default: what follows `@` in the id, else `main`. */
  readonly revision?: string;
  /** Ends the work; what has come of a file stays and is gone on from. */
  readonly signal?: AbortSignal;
  /** Hears what is resolved, downloaded, waited for. */
  readonly onEvent?: (event: HubEvent) => void;
  /** Attempts in a row that may fail before a request is given up. Default 5. */
  readonly attempts?: number;
  /** Seconds before the second attempt; doubled before each further one, unless the hub says how long. Default 0.5. */
  readonly backoffSeconds?: number;
  /** Seconds without a byte after which an attempt has failed. Default 30. */
  readonly stallSeconds?: number;
  /** Makes requests, through a proxy for instance. Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Default: `process.env`. */
  readonly environment?: Environment;
}

export interface DatasetOptions extends HubOptions {
  /** The files that are needed, from the repository's root, with `/`. */
  readonly files: readonly string[];
}

/** Where something on the hub came from: enough to get the same content again. */
export interface HubSource {
  readonly id: string;
  /** Asked for: a branch, a tag or a commit. */
  readonly revision: string;
  /** What it stood for, 40 hexadecimal digits. */
  readonly commit: string;
  readonly endpoint: string;
}

export interface Resolved {
  /** Absolute path of the folder with the files. */
  readonly folder: string;
  /** null for a folder of the user's own. */
  readonly hub: HubSource | null;
}

const optionNames: ReadonlySet<string> = new Set<keyof DatasetOptions>([
  'endpoint',
  'cache',
  'token',
  'offline',
  'revision',
  'signal',
  'onEvent',
  'attempts',
  'backoffSeconds',
  'stallSeconds',
  'fetch',
  'environment',
  'files',
]);

/**
 * Whether a text means a folder of the user's own: it exists, or it can only be a path (`./x`, `../x`, an absolute one).
 * Such a text is never looked up on the hub.
 */
export function isOwnFolder(text: string): boolean {
  return isAbsolute(text) || /^\.{1,2}(?:[/\\]|$)/.test(text) || existsSync(text);
}

/**
 * The folder of a model: config.json, model.safetensors and its tokenizer's files.
 *
 * @param idOrFolder a folder, which is taken as it is, or an id as for `downloadModel`
 * @throws HubError as `downloadModel`, and for a folder with a revision
 */
export async function resolveModel(idOrFolder: string, options: HubOptions = {}): Promise<Resolved> {
  return ownFolder(idOrFolder, options) ?? downloadModel(idOrFolder, options);
}

/**
 * The folder of a model on the hub; a folder of the same name in the working directory is not looked at.
 *
 * @param id `owner/name` or `name`, with `@revision` or without
 * @throws HubError naming what is missing, wrong or forbidden, and what to do; HubUnavailableError when the hub cannot be
 *   reached or sends wrong content; the signal's reason when it is aborted
 */
export async function downloadModel(id: string, options: HubOptions = {}): Promise<Resolved> {
  return fromHub('model', id, modelNeeds, options);
}

/**
 * The folder of a data set: a folder of the user's own, or the given files of one on the hub.
 *
 * @param idOrFolder a folder, which is taken as it is, or `owner/name`, with `@revision` or without
 * @throws HubError, HubUnavailableError as `downloadModel`
 */
export async function resolveDataset(idOrFolder: string, options: DatasetOptions): Promise<Resolved> {
  const bad = options.files.find((path) => path.split('/').some((part) => /^\.{0,2}$|\\/.test(part)));
  if (bad !== undefined || options.files.length === 0) {
    throw new HubError(`files must be paths in the repository, such as data/train.tsv; got ${String(bad)}`);
  }
  return ownFolder(idOrFolder, options) ?? fromHub('dataset', idOrFolder, theseFiles(options.files), options);
}

function ownFolder(text: string, { revision }: HubOptions): Resolved | null {
  if (!isOwnFolder(text)) return null;
  if (revision !== undefined) {
    throw new HubError(`${text}: is a folder, which has no revision; got the revision ${revision}`);
  }
  return { folder: resolve(text), hub: null };
}

async function fromHub(
  type: RepoType,
  text: string,
  needs: FileNeeds,
  options: HubOptions,
): Promise<Resolved> {
  checkOptions(options);
  const repo = parseRepo(type, text, options.revision);
  const settings = await readSettings(options, options.environment ?? process.env);
  const { folder, commit } = await snapshot(repo, needs, settings, {
    signal: options.signal,
    onEvent: options.onEvent ?? ((): void => undefined),
    attempts: options.attempts ?? 5,
    backoffSeconds: options.backoffSeconds ?? 0.5,
    stallSeconds: options.stallSeconds ?? 30,
    fetch: options.fetch ?? fetch,
  });
  const { id, revision } = repo;
  return { folder, hub: { id, revision, commit, endpoint: settings.endpoint } };
}

function checkOptions(options: HubOptions): void {
  const unknown = Object.keys(options).find((name) => !optionNames.has(name));
  if (unknown !== undefined) {
    throw new HubError(`unknown option ${JSON.stringify(unknown)}; known are ${[...optionNames].join(', ')}`);
  }
  const { attempts = 1, backoffSeconds = 0, stallSeconds = 1 } = options;
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new HubError(`attempts must be an integer of at least 1; got ${attempts}`);
  }
  if (!(backoffSeconds >= 0 && Number.isFinite(backoffSeconds))) {
    throw new HubError(`backoffSeconds must be a number of at least 0; got ${backoffSeconds}`);
  }
  if (!(stallSeconds > 0 && Number.isFinite(stallSeconds))) {
    throw new HubError(`stallSeconds must be a positive number; got ${stallSeconds}`);
  }
}
