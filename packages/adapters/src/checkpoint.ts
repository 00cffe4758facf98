/**
 * A trained adapter on disk: a folder with three files, schema version 2.
 *
 * - `adapter.safetensors`: what the method changed in the encoder, and only what trained. Principal components are stored as
 *   they are now; as they were in the beginning follows from the base weights, and is computed again.
 * - `head.safetensors`: the task head under its checkpoint names, so that any safetensors reader finds
 *   `classifier.out_proj.weight` where it expects it.
 * - `adapter.json`: what belongs together. The method, how its tensors are to be read, the nodes it chose, the base weights'
 *   identity, and the two files' sizes and hashes. It is written last: a folder without it is no adapter.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '@ggm-peft/safetensors';

import { parseRecord, recordVersion, renderRecord } from './adapter-record.js';
import type { AdapterRecord } from './adapter-record.js';
import { baseIdentity } from './base-identity.js';
import type { BaseIdentity } from './base-identity.js';
import { fileIdentity, writeWhole } from './file-identity.js';
import type { AdaptableModel } from './model.js';
import type { AttachedMethod, MethodName, MethodState, TrainedMethod } from './methods/method.js';
import { restoreMethod } from './methods/attach.js';
import { assignValues, readTensor } from './tensor-data.js';
import type { TensorData } from './tensor-data.js';

export const adapterFile = 'adapter.safetensors';
export const headFile = 'head.safetensors';
export const adapterRecordFile = 'adapter.json';

/** An adapter as it lies in its folder, read and found whole. */
export interface StoredAdapter {
  readonly record: AdapterRecord;
  readonly state: MethodState;
  /** The head's parameters by name. */
  readonly head: ReadonlyMap<string, TensorData>;
}

export interface SaveOptions {
  /** The identity of the weights that the method was attached to: see `baseIdentity`. */
  readonly base: BaseIdentity;
  /** Options that the method was attached with, as plain JSON, to be kept for people and other programs; default none. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/**
 * Writes the method's state and the model's head into the folder, which is made where it is missing. Files of an adapter that
 * lies there already are replaced.
 * @throws when the method has not done its work yet (`AttachedMethod.pending`): what would be saved is not its result
 */
export async function saveAdapter(
  folder: string,
  model: AdaptableModel,
  method: AttachedMethod,
  { base, config = {} }: SaveOptions,
): Promise<void> {
  if (method.pending !== null) throw new Error(`saveAdapter: ${method.name} ${method.pending}`);
  const { tensors, layout } = await method.state();
  const head = new Map<string, TensorData>();
  for (const { name, variable, role } of model.parameters) {
    if (role === 'head') head.set(name, await readTensor(variable));
  }
  await mkdir(folder, { recursive: true });
  // Without its record an adapter is none: nobody reads two files of different adapters.
  await rm(join(folder, adapterRecordFile), { force: true });
  await writeTensors(join(folder, adapterFile), tensors);
  await writeTensors(join(folder, headFile), head);
  const { allocation } = method;
  const record: AdapterRecord = {
    version: recordVersion,
    method: method.name,
    config,
    base,
    layout,
    nodes:
      allocation === null
        ? null
        : {
            selection: allocation.selection,
            names: allocation.nodes.map(({ name }) => name),
            selected: allocation.selected,
            important: allocation.important,
          },
    files: {
      [adapterFile]: await fileIdentity(join(folder, adapterFile)),
      [headFile]: await fileIdentity(join(folder, headFile)),
    },
  };
  await writeWhole(join(folder, adapterRecordFile), renderRecord(record));
}

/**
 * Reads an adapter's folder.
 * @throws when a file is missing, damaged or of another adapter, or of another version
 */
export async function readAdapter(folder: string): Promise<StoredAdapter> {
  const path = join(folder, adapterRecordFile);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`${folder}: must be an adapter's folder, with ${adapterRecordFile}; ${String(error)}`, {
      cause: error,
    });
  });
  const record = parseRecord(text, path);
  for (const name of [adapterFile, headFile]) {
    const expected = record.files[name];
    const found = await fileIdentity(join(folder, name));
    if (expected?.bytes !== found.bytes || expected.sha256 !== found.sha256) {
      throw new Error(
        `${join(folder, name)}: must be the file that ${adapterRecordFile} was written for, ` +
          `${expected?.bytes ?? 'of unknown size'} bytes with SHA-256 ${expected?.sha256 ?? 'unknown'}; ` +
          `got ${found.bytes} bytes with ${found.sha256}: it is damaged, or belongs to another adapter`,
      );
    }
  }
  return {
    record,
    state: {
      method: record.method,
      layout: record.layout,
      tensors: await readTensors(join(folder, adapterFile)),
    },
    head: await readTensors(join(folder, headFile)),
  };
}

export interface LoadedAdapter {
  readonly method: MethodName;
  /** What the method made of the model, for `exportPeft`. */
  readonly trained: TrainedMethod;
  readonly base: BaseIdentity;
}

/**
 * Reads adapter and head from the folder into a model that holds the base weights. The model's weights are hashed, and methods
 * that start from principal components decompose their layers again, as attaching them does.
 * @throws when a file is missing, damaged or of another version, the base weights are others, or the adapter does not fit;
 *   the model is then as it was
 */
export async function loadAdapter(folder: string, model: AdaptableModel): Promise<LoadedAdapter> {
  const adapter = await readAdapter(folder);
  const { base, method } = adapter.record;
  checkBase(folder, base, await baseIdentity('this model', model));
  const trained = await applyAdapter(folder, adapter, model);
  return { method, trained, base };
}

/** @throws when the base weights are not those that the adapter was trained on */
export function checkBase(folder: string, expected: BaseIdentity, found: BaseIdentity): void {
  if (expected.sha256 === found.sha256) return;
  throw new Error(
    `${folder}: the adapter must be put on the base weights that it was trained on, ${expected.id} with SHA-256 ` +
      `${expected.sha256}; got ${found.id} with ${found.sha256}`,
  );
}

/**
 * Puts a stored adapter and its head on a model that holds its base weights.
 * @param source the folder, for error messages
 * @throws when it does not fit; the model is then as it was
 */
export async function applyAdapter(
  source: string,
  { state, head }: StoredAdapter,
  model: AdaptableModel,
): Promise<TrainedMethod> {
  const path = join(source, headFile);
  const heads = model.parameters.filter(({ role }) => role === 'head');
  const values = heads.map(({ name, variable }) => {
    const tensor = head.get(name);
    if (tensor === undefined) throw new Error(`${path}: head tensor ${name} is missing`);
    if (tensor.shape.join() !== variable.shape.join()) {
      throw new Error(
        `${path}: ${name} must be [${variable.shape.join(', ')}] to fit the model; ` +
          `got [${tensor.shape.join(', ')}]`,
      );
    }
    return { variable, data: tensor.data };
  });
  const trained = await restoreMethod(model, state);
  for (const { variable, data } of values) assignValues(variable, data);
  return trained;
}

async function writeTensors(path: string, tensors: ReadonlyMap<string, TensorData>): Promise<void> {
  const entries = [...tensors].map(
    ([name, { shape, data }]) => [name, { dtype: 'F32', shape, data }] as const,
  );
  await writeSafetensors(path, new Map(entries), [['format', 'pt']]);
}

async function readTensors(path: string): Promise<Map<string, TensorData>> {
  const file = await openSafetensors(path);
  try {
    const tensors = new Map<string, TensorData>();
    for (const [name, { shape }] of file.entries) {
      tensors.set(name, { shape, data: await file.readFloat32(name) });
    }
    return tensors;
  } finally {
    await file.close();
  }
}
