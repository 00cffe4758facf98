/** Where the base model of a run lies: a folder, or an id that is looked up in the hub's cache and downloaded once. */
import { basename } from 'node:path';
import { downloadModel, HubError, HubUnavailableError, resolveModel } from '@ggm-peft/hub';
import type { HubOptions, HubSource, Resolved } from '@ggm-peft/hub';

import { hubProgress } from './hub-progress.js';
import type { Progress } from './progress.js';
import type { StoredRun } from './run-record.js';
import type { Settings } from './settings.js';
import { UserError } from './user-error.js';

export interface BaseModel {
  /** Holds configuration, weights and tokenizer. */
  readonly folder: string;
  /** For people: the id, or the folder's own name. */
  readonly name: string;
  /** Where on the hub it is from, pinned to a commit; null for a folder of the user's own. */
  readonly hub: HubSource | null;
}

export interface LocateOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Use what was downloaded before, and make no request. */
  readonly offline: boolean;
}

/**
 * @param model folder or id
 * @param revision for an id: branch, tag or commit; null for the id's own, or main
 * @throws UserError, or HubUnavailableError when the hub cannot be reached
 */
export async function locateModel(
  { model, revision }: Pick<Settings, 'model' | 'revision'>,
  options: LocateOptions,
): Promise<BaseModel> {
  return locate(
    async (hub) => resolveModel(model, { ...hub, ...(revision === null ? {} : { revision }) }),
    options,
  );
}

/** The model of a run on the hub, at the commit that the run was made with, whatever folders lie here. */
export async function locatePinned({ id, commit }: HubSource, options: LocateOptions): Promise<BaseModel> {
  return locate(async (hub) => downloadModel(id, { ...hub, revision: commit }), options);
}

/**
 * The base model of a finished run.
 * @param model where it lies now; null for where it was in training
 */
export async function locateRunModel(
  { hub, settings }: Pick<StoredRun, 'hub' | 'settings'>,
  model: string | null,
  options: LocateOptions,
): Promise<BaseModel> {
  if (model === null && hub !== null) return locatePinned(hub, options);
  return locateModel({ model: model ?? settings.model, revision: null }, options);
}

/** The settings as they are recorded: a model on the hub by its id and commit, so that they mean the same anywhere. */
export function pinModel(settings: Settings, { folder, hub }: BaseModel): Settings {
  return { ...settings, model: hub?.id ?? folder, revision: hub?.commit ?? null };
}

async function locate(
  work: (hub: HubOptions) => Promise<Resolved>,
  { progress, signal, offline }: LocateOptions,
): Promise<BaseModel> {
  try {
    const onEvent = hubProgress(progress, () => performance.now());
    const { folder, hub } = await work({ signal, onEvent, ...(offline ? { offline } : {}) });
    return { folder, hub, name: hub?.id ?? basename(folder) };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const message = `--model ${error.message}`;
    throw error instanceof HubUnavailableError ? new HubUnavailableError(message) : new UserError(message);
  }
}
