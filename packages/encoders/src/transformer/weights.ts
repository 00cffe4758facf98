/**
 * The weights of an encoder with its head: which tensors a checkpoint must hold, their shapes, and where they are read from.
 *
 * Names are those of Hugging Face's `...ForSequenceClassification`. A checkpoint of the bare encoder (names without
 * `roberta.`, `bert.`, ...) and the old names of layer normalisation (`gamma`, `beta`) are understood too; other tensors in
 * the file, such as a language-model head, are left alone.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ParameterRole } from '@ggm-peft/adapters';
import { openSafetensors } from '@ggm-peft/safetensors';
import type { SafetensorsFile } from '@ggm-peft/safetensors';

import { architectureOf } from '../architecture-of.js';
import type { EncoderConfig } from '../config/encoder-config.js';
import { embeddingName, layerPartName } from './architecture.js';
import type { LayerNames } from './architecture.js';
import { readsPooler } from './pooling.js';
import type { Pooling } from './pooling.js';

/** A tensor of the model. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: ParameterRole;
  /** Values of a model that nobody has trained; `normal`: N(0, initializerRange²). */
  readonly initial: 'normal' | 'zeros' | 'ones';
  /** A row that begins as zeros all the same: the padding's, in tables. */
  readonly zeroRow?: number;
}

/** Every tensor in the order of the forward pass: embeddings, layers, head. */
export function modelWeights(config: EncoderConfig, outputs: number, pooling: Pooling): WeightSpec[] {
  const { hiddenSize } = config;
  const { head } = architectureOf(config);
  return [
    ...embeddingWeights(config),
    ...Array.from({ length: config.numHiddenLayers }, (_, layer) => layerWeights(config, layer)).flat(),
    ...(readsPooler(head, pooling) ? linear(head.dense, hiddenSize, hiddenSize, head.denseRole) : []),
    ...linear(head.output, outputs, hiddenSize, 'head'),
  ];
}

function embeddingWeights(config: EncoderConfig): WeightSpec[] {
  const architecture = architectureOf(config);
  const { hiddenSize, padTokenId } = config;
  const table = (
    part: 'word_embeddings' | 'position_embeddings' | 'token_type_embeddings',
    rows: number,
    padded: boolean,
  ): WeightSpec => ({
    name: `${embeddingName(architecture, part)}.weight`,
    shape: [rows, hiddenSize],
    role: 'encoder',
    initial: 'normal',
    ...(padded ? { zeroRow: padTokenId } : {}),
  });
  const paddedPositions = architecture.positions === 'after-padding';
  return [
    table('word_embeddings', config.vocabSize, true),
    table('position_embeddings', config.maxPositionEmbeddings, paddedPositions),
    ...(architecture.tokenTypes === 'none'
      ? []
      : [table('token_type_embeddings', config.typeVocabSize, false)]),
    ...norm(embeddingName(architecture, 'LayerNorm'), hiddenSize),
  ];
}

function layerWeights(config: EncoderConfig, layer: number): WeightSpec[] {
  const { hiddenSize: h, intermediateSize: ffn } = config;
  const architecture = architectureOf(config);
  const name = (part: keyof LayerNames): string => layerPartName(architecture, layer, part);
  return [
    ...linear(name('query'), h, h, 'encoder'),
    ...linear(name('key'), h, h, 'encoder'),
    ...linear(name('value'), h, h, 'encoder'),
    ...linear(name('attentionOutput'), h, h, 'encoder'),
    ...norm(name('attentionNorm'), h),
    ...linear(name('intermediate'), ffn, h, 'encoder'),
    ...linear(name('output'), h, ffn, 'encoder'),
    ...norm(name('outputNorm'), h),
  ];
}

function linear(name: string, out: number, inn: number, role: ParameterRole): WeightSpec[] {
  return [
    { name: `${name}.weight`, shape: [out, inn], role, initial: 'normal' },
    { name: `${name}.bias`, shape: [out], role, initial: 'zeros' },
  ];
}

function norm(name: string, width: number): WeightSpec[] {
  return [
    { name: `${name}.weight`, shape: [width], role: 'encoder', initial: 'ones' },
    { name: `${name}.bias`, shape: [width], role: 'encoder', initial: 'zeros' },
  ];
}

/** The names under which a checkpoint may hold a tensor. */
function spellings(name: string, prefix: string): string[] {
  const names = name.startsWith(`${prefix}.`) ? [name, name.slice(prefix.length + 1)] : [name];
  return names.flatMap((spelling) =>
    spelling.includes('LayerNorm')
      ? [spelling, spelling.replace(/weight$/, 'gamma').replace(/bias$/, 'beta')]
      : [spelling],
  );
}

/** Opens `model.safetensors` of a model folder, with advice when only another format is there. */
export async function openWeights(folder: string): Promise<SafetensorsFile> {
  const other = join(folder, 'pytorch_model.bin');
  const path = join(folder, 'model.safetensors');
  if (!(await exists(path)) && (await exists(other))) {
    throw new Error(
      `${path}: no such file; ${other} is a Python pickle, which is not read here: save the model in Python with ` +
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

/**
 * Reads one tensor as float32.
 * @param prefix what a checkpoint of the bare encoder leaves out of the name
 * @returns null when the file holds it under no known name
 * @throws when its shape differs from the expected one
 */
export async function readWeight(
  file: SafetensorsFile,
  spec: WeightSpec,
  prefix: string,
): Promise<Float32Array | null> {
  const name = spellings(spec.name, prefix).find((spelling) => file.entries.has(spelling));
  const entry = name === undefined ? undefined : file.entries.get(name);
  if (name === undefined || entry === undefined) return null;
  if (entry.shape.length !== spec.shape.length || entry.shape.some((size, i) => size !== spec.shape[i])) {
    throw new Error(
      `${file.path}: ${name} must be [${spec.shape.join(', ')}] to fit config.json; got [${entry.shape.join(', ')}]`,
    );
  }
  return file.readFloat32(name);
}
