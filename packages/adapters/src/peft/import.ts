/**
 * A LoRA adapter that Hugging Face PEFT has saved, put on a model that holds the base weights. Nothing is dropped in silence:
 * every tensor of the file finds its place, or the adapter is refused and the model stays as it was.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { nearestNames } from '@ggm-peft/linalg';
import { openSafetensors } from '@ggm-peft/safetensors';
import type { SafetensorsFile } from '@ggm-peft/safetensors';
import * as tf from '@tensorflow/tfjs';

import type { AdaptableLayer } from '../adaptable-layer.js';
import { Embedding } from '../embedding.js';
import type { AdaptableModel } from '../model.js';
import type { Parameter } from '../parameter.js';
import { assignValues, readFlat } from '../tensor-data.js';
import { transposed } from '../transposed.js';
import { readPeftConfig } from './config.js';
import type { PeftConfig } from './config.js';
import { loraKey, loraParts, parseKey, weightsFile } from './keys.js';
import type { LoraPart } from './keys.js';

/** What an adapter brought. */
export interface ImportedPeft {
  /** The base model's hub id or folder as PEFT stored it; null where it stored none. */
  readonly baseModel: string | null;
  /** Rank of each layer that carries a pair now, by layer name. */
  readonly ranks: ReadonlyMap<string, number>;
  /** Names of the model's own parameters whose values came with the adapter: biases, modules saved whole. */
  readonly parameters: readonly string[];
  /** Whether the head is among them. Without it the model's head is what it was, and its logits mean what they did. */
  readonly head: boolean;
}

/** A pair to be put on a layer. */
interface PlannedPair {
  readonly layer: AdaptableLayer;
  readonly rank: number;
  readonly scale: number;
  /** [out, rank] */
  readonly a: Float32Array;
  /** [rank, in] */
  readonly b: Float32Array;
}

/** Values for a parameter of the model. */
interface PlannedValues {
  readonly variable: tf.Variable;
  readonly values: Float32Array;
}

/**
 * Puts the adapter on the model: a pair W + s B A on each adapted layer, s = α/r (α/√r with `use_rslora`); biases and the
 * modules of `modules_to_save` replace the model's. `foldPair` merges a pair; the variables of a pair belong to the caller,
 * or to a model that disposes of its layers' pairs.
 * @param folder holds `adapter_config.json` and `adapter_model.safetensors`
 * @throws when a file is missing or damaged, the configuration asks for what is not supported, a tensor finds no place in
 *   the model or has the wrong shape, or the model carries an adapter already; the model is then as it was
 */
export async function importPeft(folder: string, model: AdaptableModel): Promise<ImportedPeft> {
  const config = await readPeftConfig(folder);
  const file = await openWeights(folder);
  try {
    const { modules, parameters } = sortKeys(file, model);
    const head = takesHead(file.path, model, parameters);
    const pairs: PlannedPair[] = [];
    const values: PlannedValues[] = [];
    for (const [parameter, key] of parameters) {
      const expected = parameter.variable.shape;
      values.push({ variable: parameter.variable, values: await read(file, key, expected) });
    }
    for (const [layer, parts] of modules) {
      pairs.push(await readPair(file, layer, parts, config));
      const biased = await readLoraBias(file, layer, parts, config, values);
      if (biased !== null) values.push(biased);
    }
    // Everything fits; the model changes from here on.
    for (const pair of pairs) attach(pair);
    for (const { variable, values: given } of values) assignValues(variable, given);
    return {
      baseModel: config.baseModel,
      ranks: new Map(pairs.map(({ layer, rank }) => [layer.name, rank])),
      parameters: [...parameters.keys()].map(({ name }) => name),
      head,
    };
  } finally {
    await file.close();
  }
}

function attach({ layer, rank, scale, a, b }: PlannedPair): void {
  const variables = tf.tidy(() => ({
    a: tf.variable(tf.tensor2d(a, [layer.outFeatures, rank])),
    b: tf.variable(tf.tensor2d(b, [rank, layer.inFeatures])),
  }));
  layer.setPair({ ...variables, scale });
}

async function openWeights(folder: string): Promise<SafetensorsFile> {
  const pickle = join(folder, 'adapter_model.bin');
  const path = join(folder, weightsFile);
  if (!(await exists(path)) && (await exists(pickle))) {
    throw new Error(
      `${path}: no such file; ${pickle} is a Python pickle, which is not read here: save the adapter in Python with ` +
        `save_pretrained(..., safe_serialization=True)`,
    );
  }
  return openSafetensors(path);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

type Modules = Map<AdaptableLayer, Set<LoraPart>>;

/** Finds every tensor's place in the model. @throws when one has none */
function sortKeys(
  file: SafetensorsFile,
  model: AdaptableModel,
): { readonly modules: Modules; readonly parameters: ReadonlyMap<Parameter, string> } {
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  const byName = new Map(model.parameters.map((parameter) => [parameter.name, parameter]));
  const modules: Modules = new Map();
  const parameters = new Map<Parameter, string>();
  for (const key of file.names) {
    const parsed = parseKey(key);
    if (parsed === null) {
      throw new Error(
        `${file.path}: ${key}: no tensor of a LoRA adapter that is supported; expected names as ` +
          loraKey('<module>', 'linearA'),
      );
    }
    if (parsed.kind === 'lora') {
      const layer = layers.get(parsed.module);
      if (layer === undefined) throw noPlace(file.path, key, 'layer', parsed.module, [...layers.keys()]);
      if (layer.pair !== null) {
        throw new Error(
          `importPeft: ${layer.name} carries an adapter already; import into a model with base weights`,
        );
      }
      modules.set(layer, (modules.get(layer) ?? new Set()).add(parsed.part));
    } else {
      const parameter = byName.get(parsed.parameter);
      if (parameter === undefined) {
        throw noPlace(file.path, key, 'parameter', parsed.parameter, [...byName.keys()]);
      }
      parameters.set(parameter, key);
    }
  }
  return { modules, parameters };
}

function noPlace(path: string, key: string, kind: string, name: string, known: readonly string[]): Error {
  return new Error(
    `${path}: ${key}: the model has no ${kind} ${name}; near: ${nearestNames(name, known, 3).join(', ')}`,
  );
}

/** @throws when the file holds a part of the head only */
function takesHead(path: string, model: AdaptableModel, parameters: ReadonlyMap<Parameter, string>): boolean {
  const head = model.parameters.filter(({ role }) => role === 'head');
  const missing = head.filter((parameter) => !parameters.has(parameter));
  if (missing.length === 0) return head.length > 0;
  if (missing.length === head.length) return false;
  throw new Error(
    `${path}: must hold the whole head or nothing of it; ${missing.map(({ name }) => name).join(', ')} missing`,
  );
}

async function readPair(
  file: SafetensorsFile,
  layer: AdaptableLayer,
  parts: ReadonlySet<LoraPart>,
  config: PeftConfig,
): Promise<PlannedPair> {
  const { name, outFeatures: out, inFeatures: inn } = layer;
  const isTable = layer instanceof Embedding;
  const [partA, partB]: [LoraPart, LoraPart] = isTable
    ? ['embeddingA', 'embeddingB']
    : ['linearA', 'linearB'];
  for (const part of [partA, partB]) {
    if (!parts.has(part)) throw new Error(`${file.path}: ${loraKey(name, part)} is missing`);
  }
  const allowed: readonly LoraPart[] = isTable ? [partA, partB] : [partA, partB, 'linearBias'];
  const surplus = [...parts].find((part) => !allowed.includes(part));
  if (surplus !== undefined) {
    throw new Error(
      `${file.path}: ${loraKey(name, surplus)}: ${name} is ${isTable ? 'a table of embeddings' : 'a linear layer'}, ` +
        `which has ${allowed.map((part) => loraParts[part]).join(', ')}`,
    );
  }
  const rank = config.rankOf(name);
  const scale = config.scaleOf(name);
  // PEFT's A is what enters: B of this library, or a table's A turned round.
  const first = await read(file, loraKey(name, partA), [rank, isTable ? out : inn]);
  const second = await read(file, loraKey(name, partB), [isTable ? inn : out, rank]);
  return {
    layer,
    rank,
    scale,
    a: isTable ? transposed(first, rank, out) : second,
    b: isTable ? transposed(second, inn, rank) : first,
  };
}

/** With `lora_bias` B has a bias, which the scale multiplies too: it joins the layer's own. */
async function readLoraBias(
  file: SafetensorsFile,
  { name, bias, outFeatures }: AdaptableLayer,
  parts: ReadonlySet<LoraPart>,
  config: PeftConfig,
  values: readonly PlannedValues[],
): Promise<PlannedValues | null> {
  if (!parts.has('linearBias')) return null;
  const key = loraKey(name, 'linearBias');
  if (bias === null) throw new Error(`${file.path}: ${key}: ${name} has no bias for it to join`);
  const { variable } = bias;
  const given = await read(file, key, [outFeatures]);
  const own = values.find((planned) => planned.variable === variable)?.values ?? (await readFlat([variable]));
  const scale = config.scaleOf(name);
  return { variable, values: own.map((value, i) => value + scale * (given[i] ?? 0)) };
}

/** @throws when the tensor has another shape */
async function read(file: SafetensorsFile, key: string, shape: readonly number[]): Promise<Float32Array> {
  const found = file.entries.get(key)?.shape ?? [];
  if (found.join() !== shape.join()) {
    throw new Error(
      `${file.path}: ${key} must be [${shape.join(', ')}] to fit the model and the adapter's configuration; ` +
        `got [${found.join(', ')}]`,
    );
  }
  return file.readFloat32(key);
}
