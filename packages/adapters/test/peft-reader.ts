/**
 * Reads a LoRA adapter as Hugging Face PEFT defines it, apart from the code under test: which modules its configuration
 * names, what it adds to their weights, which other values it brings (peft: tuners/tuners_utils.py
 * `check_target_module_exists`, tuners/lora/layer.py `get_delta_weight`, utils/other.py `get_pattern_key`,
 * `ModulesToSaveWrapper`).
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSafetensors, writeSafetensors } from '@ggm-peft/safetensors';

import type { TensorData } from '../src/index.js';

export interface LoraConfig {
  readonly peft_type?: string;
  readonly r: number;
  readonly lora_alpha: number;
  readonly rank_pattern?: Readonly<Record<string, number>>;
  readonly alpha_pattern?: Readonly<Record<string, number>>;
  readonly use_rslora?: boolean;
  readonly target_modules: readonly string[];
  readonly modules_to_save?: readonly string[] | null;
  readonly bias?: string;
  readonly [key: string]: unknown;
}

export interface Adapter {
  readonly config: LoraConfig;
  readonly tensors: ReadonlyMap<string, TensorData>;
  readonly metadata: ReadonlyMap<string, string>;
}

export async function readAdapter(folder: string): Promise<Adapter> {
  const config = JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as LoraConfig;
  const { tensors, metadata } = parseSafetensors(await readFile(join(folder, 'adapter_model.safetensors')));
  const floats = [...tensors].map(([name, { dtype, shape, data }]): [string, TensorData] => {
    if (dtype !== 'F32') throw new Error(`${name} is ${dtype}`);
    return [name, { shape, data }];
  });
  return { config, tensors: new Map(floats), metadata };
}

/** An adapter as PEFT would have saved it. */
export async function writeAdapter(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  tensors: Readonly<Record<string, TensorData>>,
): Promise<void> {
  await writeFile(join(folder, 'adapter_config.json'), JSON.stringify(config));
  const entries = Object.entries(tensors).map(
    ([name, { shape, data }]) => [name, { dtype: 'F32', shape, data }] as const,
  );
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), entries, [['format', 'pt']]);
}

/**
 * The parameters of the base model with the adapter merged.
 * @param modules the names of all modules, as `named_modules` gives them
 * @throws when a tensor of the adapter has no place
 */
export function mergeAdapter(
  { config, tensors }: Adapter,
  base: ReadonlyMap<string, TensorData>,
  modules: readonly string[],
): Map<string, TensorData> {
  const left = new Set(tensors.keys());
  const take = (key: string): TensorData => {
    const tensor = tensors.get(`base_model.model.${key}`);
    if (tensor === undefined) throw new Error(`${key} is missing`);
    left.delete(`base_model.model.${key}`);
    return tensor;
  };
  const merged = new Map(base);
  const isSaved = (name: string): boolean =>
    (config.modules_to_save ?? []).some((module) => name === module || name.startsWith(`${module}.`));
  const targets = modules.filter(
    (name) =>
      !isSaved(name) &&
      config.target_modules.some((target) => name === target || name.endsWith(`.${target}`)),
  );
  for (const module of targets) {
    const r = patternValue(config.rank_pattern, module) ?? config.r;
    const alpha = patternValue(config.alpha_pattern, module) ?? config.lora_alpha;
    const scaling = config.use_rslora === true ? alpha / Math.sqrt(r) : alpha / r;
    const isEmbedding = tensors.has(`base_model.model.${module}.lora_embedding_A`);
    const a = take(isEmbedding ? `${module}.lora_embedding_A` : `${module}.lora_A.weight`);
    const b = take(isEmbedding ? `${module}.lora_embedding_B` : `${module}.lora_B.weight`);
    const weight = merged.get(`${module}.weight`);
    if (weight === undefined) throw new Error(`${module} has no weight`);
    const [rows = 0, columns = 0] = weight.shape;
    const [out, inn] = isEmbedding ? [columns, rows] : [rows, columns];
    expectShape(a, [r, inn], `${module} A`);
    expectShape(b, [out, r], `${module} B`);
    const data = Float32Array.from(weight.data, (value, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      const [o, i] = isEmbedding ? [column, row] : [row, column];
      let sum = 0;
      for (let k = 0; k < r; k++) sum += (b.data[o * r + k] ?? NaN) * (a.data[k * inn + i] ?? NaN);
      return value + scaling * sum;
    });
    merged.set(`${module}.weight`, { shape: weight.shape, data });
  }
  for (const name of base.keys()) {
    const module = name.replace(/\.[^.]+$/, '');
    if (isSaved(module)) merged.set(name, take(name));
    else if (config.bias === 'all' && name.includes('bias')) {
      merged.set(name, take(targets.includes(module) ? `${module}.base_layer.bias` : name));
    }
  }
  if (left.size > 0) throw new Error(`no place for ${[...left].join(', ')}`);
  return merged;
}

function patternValue(
  patterns: Readonly<Record<string, number>> | undefined,
  module: string,
): number | undefined {
  const match = Object.entries(patterns ?? {}).find(([pattern]) =>
    new RegExp(`^(.*\\.)?(${pattern})$`).test(module),
  );
  return match?.[1];
}

function expectShape({ shape }: TensorData, expected: readonly number[], name: string): void {
  if (shape.join() !== expected.join()) {
    throw new Error(`${name} must be [${expected.join(', ')}]; got [${shape.join(', ')}]`);
  }
}
