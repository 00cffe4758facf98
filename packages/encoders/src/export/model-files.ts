/** The files that lie beside exported weights: the configuration with the task's classes, and the base model's tokenizer. */
import { constants, copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { architectureOf } from '../architecture-of.js';
import type { EncoderConfig, ModelType } from '../config/encoder-config.js';
import type { EncoderForSequenceClassification } from '../transformer/sequence-classifier.js';

export interface ExportOptions {
  /** Folder of the base model, whose `config.json` and tokenizer the exported model takes over. */
  readonly base: string;
  /** The classes' names by index; null for regression, i.e. one output. */
  readonly labels: readonly string[] | null;
}

/** What a tokenizer of Hugging Face may consist of. */
const tokenizerFiles = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'vocab.txt',
  'sentencepiece.bpe.model',
];

/** Names of Hugging Face's classes, as `architectures` has them. */
const classNames: Readonly<Record<ModelType, string>> = {
  roberta: 'RobertaForSequenceClassification',
  'xlm-roberta': 'XLMRobertaForSequenceClassification',
  bert: 'BertForSequenceClassification',
  distilbert: 'DistilBertForSequenceClassification',
};

/** Checks that the head has one output for each class, or one for regression. */
export function requireLabels(
  caller: string,
  { config, parameters }: EncoderForSequenceClassification,
  labels: readonly string[] | null,
): void {
  const bias = `${architectureOf(config).head.output}.bias`;
  const outputs = parameters.find(({ name }) => name === bias)?.variable.size ?? 0;
  const expected = labels?.length ?? 1;
  if (expected !== outputs) {
    throw new Error(
      `${caller}: labels must name the head's ${outputs} outputs, or be null for regression; got ${labels?.join(', ') ?? 'null'}`,
    );
  }
  const repeated = labels?.find((label, i) => labels.indexOf(label) !== i);
  if (repeated !== undefined) throw new Error(`${caller}: labels must differ; ${repeated} is there twice`);
}

/**
 * Writes `config.json`: the base model's, with the architecture and the task that the exported model has.
 * @throws when the base model's file is missing or no JSON object
 */
export async function writeConfig(
  folder: string,
  { modelType }: EncoderConfig,
  { base, labels }: ExportOptions,
): Promise<void> {
  const names = labels ?? ['LABEL_0'];
  const config: Record<string, unknown> = {
    ...(await readObject(join(base, 'config.json'))),
    architectures: [classNames[modelType]],
    num_labels: names.length,
    id2label: Object.fromEntries(names.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(names.map((label, id) => [label, id])),
    problem_type: labels === null ? 'regression' : 'single_label_classification',
  };
  // The exported weights are float32, whatever the base model's were.
  for (const key of ['torch_dtype', 'dtype']) if (key in config) config[key] = 'float32';
  await writeFile(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
}

/**
 * Copies the base model's tokenizer.
 * @returns the names of the files that were there
 */
export async function copyTokenizer(base: string, folder: string): Promise<string[]> {
  const copied: string[] = [];
  for (const name of tokenizerFiles) {
    try {
      await copyFile(join(base, name), join(folder, name), constants.COPYFILE_EXCL);
      copied.push(name);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return copied;
}

async function readObject(path: string): Promise<Record<string, unknown>> {
  const object = await readObjectIfThere(path);
  if (object === null) throw new Error(`${path}: no such file`);
  return object;
}

/** A JSON file's object; null where there is no file. @throws when it holds something else */
export async function readObjectIfThere(path: string): Promise<Record<string, unknown> | null> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (isMissing(error)) return null;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${path}: cannot be read as JSON: ${reason}`, { cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Error(`${path}: must hold a JSON object`);
  }
  return { ...parsed };
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
