/**
 * Adapter and head on disk: two safetensors files in one folder.
 *
 * `adapter.safetensors` holds what the method changed in the encoder and, in its metadata, how to read it
 * (`format`, `version`, `method`, `layout`); `head.safetensors` holds the task head under its checkpoint names, so that
 * any safetensors reader finds `classifier.out_proj.weight` where it expects it.
 */
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '@ggm-peft/safetensors';

import type { AdaptableModel } from './model.js';
import { methodNames } from './methods/method.js';
import type { AttachedMethod, MethodName, MethodState } from './methods/method.js';
import { restoreMethod } from './methods/attach.js';
import { assignValues, readTensor } from './tensor-data.js';
import type { TensorData } from './tensor-data.js';

export const adapterFile = 'adapter.safetensors';
export const headFile = 'head.safetensors';

const format = 'ggm-peft-adapter';
const version = '1';

/**
 * Writes the method's state and the model's head into the folder, which must exist. Each file appears whole or not at all.
 * @throws when the method has not done its work yet (`AttachedMethod.pending`): what would be saved is not its result
 */
export async function saveAdapter(
  folder: string,
  model: AdaptableModel,
  method: AttachedMethod,
): Promise<void> {
  if (method.pending !== null) throw new Error(`saveAdapter: ${method.name} ${method.pending}`);
  const state = await method.state();
  await writeTensors(join(folder, adapterFile), state.tensors, {
    format,
    version,
    method: state.method,
    layout: JSON.stringify(state.layout),
  });
  const head = new Map<string, TensorData>();
  for (const { name, variable, role } of model.parameters) {
    if (role === 'head') head.set(name, await readTensor(variable));
  }
  await writeTensors(join(folder, headFile), head, { format: 'pt' });
}

/**
 * Reads adapter and head from the folder into a model that holds the base weights.
 * @returns the method that made the adapter
 * @throws when a file is missing or damaged, was written by a newer version, or does not fit the model
 */
export async function loadAdapter(folder: string, model: AdaptableModel): Promise<MethodName> {
  const state = await readState(join(folder, adapterFile));
  const { tensors: head } = await readTensors(join(folder, headFile));
  // Check the head before the first weight changes: a model is restored whole or left as it was.
  for (const { name, variable, role } of model.parameters) {
    if (role !== 'head') continue;
    const tensor = head.get(name);
    if (tensor === undefined) throw new Error(`${join(folder, headFile)}: head tensor ${name} is missing`);
    if (tensor.shape.join() !== variable.shape.join()) {
      throw new Error(
        `${join(folder, headFile)}: ${name} must be [${variable.shape.join(', ')}] to fit the model; ` +
          `got [${tensor.shape.join(', ')}]`,
      );
    }
  }
  await restoreMethod(model, state);
  for (const { name, variable, role } of model.parameters) {
    const tensor = role === 'head' ? head.get(name) : undefined;
    if (tensor !== undefined) {
      assignValues(variable, tensor.data);
    }
  }
  return state.method;
}

async function readState(path: string): Promise<MethodState> {
  const { tensors, metadata } = await readTensors(path);
  if (metadata.get('format') !== format) {
    throw new Error(`${path}: metadata format must be ${format}; got ${metadata.get('format') ?? 'none'}`);
  }
  if (metadata.get('version') !== version) {
    throw new Error(
      `${path}: adapter version must be ${version}, the one this release reads; got ${metadata.get('version') ?? 'none'}`,
    );
  }
  const method = methodNames.find((name) => name === metadata.get('method'));
  if (method === undefined) {
    throw new Error(
      `${path}: metadata method must be one of ${methodNames.join(', ')}; got ${metadata.get('method') ?? 'none'}`,
    );
  }
  return { method, tensors, layout: parseLayout(path, metadata.get('layout') ?? '{}') };
}

function parseLayout(path: string, text: string): Readonly<Record<string, unknown>> {
  let layout: unknown;
  try {
    layout = JSON.parse(text);
  } catch {
    layout = null;
  }
  if (typeof layout !== 'object' || layout === null || Array.isArray(layout)) {
    throw new Error(`${path}: metadata layout must be a JSON object`);
  }
  return { ...layout };
}

async function writeTensors(
  path: string,
  tensors: ReadonlyMap<string, TensorData>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const entries = [...tensors].map(
    ([name, { shape, data }]) => [name, { dtype: 'F32', shape, data }] as const,
  );
  await writeSafetensors(path, new Map(entries), new Map(Object.entries(metadata)));
}

async function readTensors(
  path: string,
): Promise<{ tensors: Map<string, TensorData>; metadata: ReadonlyMap<string, string> }> {
  const file = await openSafetensors(path);
  try {
    const tensors = new Map<string, TensorData>();
    for (const [name, { shape }] of file.entries) {
      tensors.set(name, { shape, data: await file.readFloat32(name) });
    }
    return { tensors, metadata: file.metadata };
  } finally {
    await file.close();
  }
}
