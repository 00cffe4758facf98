/**
 * A trained adapter as a LoRA adapter of Hugging Face PEFT: `PeftModel.from_pretrained` puts it on the base model, whatever
 * method trained it.
 *
 * Every site becomes a LoRA module with B A = W_now − W_base and α = r, so that the scale is 1. A method of this library that
 * splits the weight itself (apca: A'B' − A₀B₀) needs twice its rank for that and is exact up to rounding. Trained biases go
 * along as `bias: all` has them, all biases of the encoder; the head as `modules_to_save`. What else a method may train
 * (layer normalisation, whole weights) has no place in a LoRA adapter and is refused.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '@ggm-peft/safetensors';

import { Embedding } from '../embedding.js';
import type { LowRankDelta, TrainedMethod } from '../methods/method.js';
import type { AdaptableModel } from '../model.js';
import { writeNewFolder } from '../new-folder.js';
import { readTensor } from '../tensor-data.js';
import type { TensorData } from '../tensor-data.js';
import { transposed } from '../transposed.js';
import { configFile, peftConfig } from './config.js';
import { loraKey, parameterKey, weightsFile } from './keys.js';

export interface PeftExportOptions {
  /** The base model as Python is to load it: a hub id, or a folder. */
  readonly baseModel: string;
  /** PEFT's task type, which decides the class that its `AutoPeftModel…` uses; default `SEQ_CLS`. */
  readonly taskType?: string;
}

/**
 * Writes `adapter_config.json` and `adapter_model.safetensors` into a folder that must not exist yet or be empty; it appears
 * whole or not at all. Read by PEFT 0.6 and newer.
 * @param model carries the method's trained values; its parameter names are those of the base model in Python
 * @returns the names of the files written
 * @throws when the method trained what a LoRA adapter cannot hold, or the folder cannot be made
 */
export async function exportPeft(
  folder: string,
  model: AdaptableModel,
  method: TrainedMethod,
  { baseModel, taskType = 'SEQ_CLS' }: PeftExportOptions,
): Promise<readonly string[]> {
  const deltas = new Map([...(await method.deltas())].filter(([, { rank }]) => rank > 0));
  const biases = await trainsBiases(model, method, deltas);
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  const tensors = new Map<string, TensorData>();
  for (const [name, { a, b, rank }] of deltas) {
    const layer = layers.get(name);
    if (layer === undefined) throw new Error(`exportPeft: the model has no layer ${name}`);
    const { outFeatures: out, inFeatures: inn } = layer;
    if (layer instanceof Embedding) {
      tensors.set(loraKey(name, 'embeddingA'), { shape: [rank, out], data: transposed(a, out, rank) });
      tensors.set(loraKey(name, 'embeddingB'), { shape: [inn, rank], data: transposed(b, rank, inn) });
    } else {
      tensors.set(loraKey(name, 'linearA'), { shape: [rank, inn], data: b });
      tensors.set(loraKey(name, 'linearB'), { shape: [out, rank], data: a });
    }
  }
  for (const { name, variable, role } of model.parameters) {
    const isBias = role === 'encoder' && name.endsWith('.bias');
    if (role === 'head' || (biases && isBias)) {
      const adapted = deltas.has(name.replace(/\.[^.]+$/, ''));
      tensors.set(parameterKey(name, adapted), await readTensor(variable));
    }
  }
  const config = peftConfig({
    baseModel,
    taskType,
    ranks: new Map([...deltas].map(([name, { rank }]) => [name, rank])),
    biases,
    modulesToSave: headModules(model),
  });
  return writeNewFolder(folder, async (draft) => {
    await writeFile(join(draft, configFile), `${JSON.stringify(config, null, 2)}\n`);
    const entries = [...tensors].map(
      ([name, { shape, data }]) => [name, { dtype: 'F32', shape, data }] as const,
    );
    await writeSafetensors(join(draft, weightsFile), entries, [['format', 'pt']]);
    return [configFile, weightsFile];
  });
}

/**
 * Whether the method trained biases of the encoder.
 * @throws when it trained anything else beside low-rank products, or no low-rank product at all
 */
async function trainsBiases(
  model: AdaptableModel,
  method: TrainedMethod,
  deltas: ReadonlyMap<string, LowRankDelta>,
): Promise<boolean> {
  const instead = 'export the merged model instead (exportCheckpoint of @ggm-peft/encoders)';
  const { tensors } = await method.state();
  const trained = model.parameters.filter(({ name, role }) => role === 'encoder' && tensors.has(name));
  const other = trained.find(({ name }) => !name.endsWith('.bias'));
  if (other !== undefined) {
    throw new Error(
      `exportPeft: a LoRA adapter holds low-rank products and biases, but ${method.name} trained ${other.name}; ${instead}`,
    );
  }
  if (deltas.size === 0) {
    throw new Error(
      `exportPeft: a LoRA adapter must change at least one weight, but ${method.name} changed none; ${instead}`,
    );
  }
  return trained.length > 0;
}

/** The largest modules that hold parameters of the head only: `classifier` for `classifier.dense.weight`. */
function headModules({ parameters }: AdaptableModel): string[] {
  const encoder = parameters.filter(({ role }) => role === 'encoder');
  const modules = parameters.flatMap(({ name, role }) => {
    if (role !== 'head') return [];
    const parts = name.split('.');
    const prefixes = parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join('.'));
    const whole = prefixes.find(
      (prefix) => !encoder.some((parameter) => parameter.name.startsWith(`${prefix}.`)),
    );
    if (whole !== undefined) return [whole];
    throw new Error(
      `exportPeft: ${name} must belong to a module of the head; its module has encoder parameters too`,
    );
  });
  return [...new Set(modules)];
}
