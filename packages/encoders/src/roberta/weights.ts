/**
 * RoBERTa's weights: which tensors a checkpoint must hold, their shapes, and where they are read from.
 *
 * Names are those of Hugging Face's `RobertaForSequenceClassification`. A checkpoint of the bare encoder (names
 * without `roberta.`) and the old names of layer normalisation (`gamma`, `beta`) are understood too; other tensors in
 * the file, such as a language-model head or a pooler, are left alone.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors } from '@ggm-peft/safetensors';
import type { SafetensorsFile } from '@ggm-peft/safetensors';

import type { RobertaConfig } from './config.js';

/** A tensor's name and shape. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

function linear(name: string, out: number, inn: number): WeightSpec[] {
  return [
    { name: `${name}.weight`, shape: [out, inn] },
    { name: `${name}.bias`, shape: [out] },
  ];
}

function norm(name: string, width: number): WeightSpec[] {
  return [
    { name: `${name}.weight`, shape: [width] },
    { name: `${name}.bias`, shape: [width] },
  ];
}

/** The encoder's tensors in the order of the forward pass. */
export function encoderWeights(config: RobertaConfig): WeightSpec[] {
  const { hiddenSize: h, intermediateSize: ffn } = config;
  const embeddings = 'roberta.embeddings';
  const specs: WeightSpec[] = [
    { name: `${embeddings}.word_embeddings.weight`, shape: [config.vocabSize, h] },
    { name: `${embeddings}.position_embeddings.weight`, shape: [config.maxPositionEmbeddings, h] },
    { name: `${embeddings}.token_type_embeddings.weight`, shape: [config.typeVocabSize, h] },
    ...norm(`${embeddings}.LayerNorm`, h),
  ];
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const at = `roberta.encoder.layer.${layer}`;
    specs.push(
      ...linear(`${at}.attention.self.query`, h, h),
      ...linear(`${at}.attention.self.key`, h, h),
      ...linear(`${at}.attention.self.value`, h, h),
      ...linear(`${at}.attention.output.dense`, h, h),
      ...norm(`${at}.attention.output.LayerNorm`, h),
      ...linear(`${at}.intermediate.dense`, ffn, h),
      ...linear(`${at}.output.dense`, h, ffn),
      ...norm(`${at}.output.LayerNorm`, h),
    );
  }
  return specs;
}

/** The classification head's tensors. */
export function headWeights(config: RobertaConfig, outputs: number): WeightSpec[] {
  return [
    ...linear('classifier.dense', config.hiddenSize, config.hiddenSize),
    ...linear('classifier.out_proj', outputs, config.hiddenSize),
  ];
}

/** The names under which a checkpoint may hold a tensor. */
function spellings(name: string): string[] {
  const bare = name.replace(/^roberta\./, '');
  const names = bare === name ? [name] : [name, bare];
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
 * @returns null when the file holds it under no known name
 * @throws when its shape differs from the expected one
 */
export async function readWeight(file: SafetensorsFile, spec: WeightSpec): Promise<Float32Array | null> {
  const name = spellings(spec.name).find((spelling) => file.entries.has(spelling));
  const entry = name === undefined ? undefined : file.entries.get(name);
  if (name === undefined || entry === undefined) return null;
  if (entry.shape.length !== spec.shape.length || entry.shape.some((size, i) => size !== spec.shape[i])) {
    throw new Error(
      `${file.path}: ${name} must be [${spec.shape.join(', ')}] to fit config.json; got [${entry.shape.join(', ')}]`,
    );
  }
  return file.readFloat32(name);
}
