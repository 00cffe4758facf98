/**
 * The settings of a run: what the command line gives, checked, with defaults. They are written to the run folder's
 * `config.json` and say everything that is needed to repeat the run.
 */
import { resolve } from 'node:path';
import { methodNames } from '@ggm-peft/adapters';
import type { MethodName } from '@ggm-peft/adapters';
import { poolings } from '@ggm-peft/encoders';
import type { Pooling } from '@ggm-peft/encoders';
import { engineNames } from '@ggm-peft/engine';
import type { EngineName } from '@ggm-peft/engine';
import { isOwnFolder } from '@ggm-peft/hub';

import { embeddedData, embeddedModel } from './embedded.js';
import { readMethodSettings } from './method-settings.js';
import type { MethodSettings } from './method-settings.js';
import { choice, flag, isOn, real, text, whole } from './raw-options.js';
import type { RawOptions } from './raw-options.js';
import { UserError } from './user-error.js';

export interface Settings extends MethodSettings {
  /** Absolute path of a model folder in Hugging Face's layout, or an id on the hub. */
  readonly model: string;
  /** Branch, tag or commit of a model on the hub; null for main, or what follows `@` in the id. */
  readonly revision: string | null;
  /** What the head reads of the last layer. */
  readonly pooling: Pooling;
  /** Folder of the data. */
  readonly data: string;
  /** GLUE task, or null for data of one's own. */
  readonly task: string | null;
  readonly method: MethodName;
  readonly epochs: number;
  readonly batchSize: number;
  /** Peak learning rate of adapter values, and of the head's; null for the method's default at the model's size. */
  readonly lr: number | null;
  readonly headLr: number | null;
  readonly weightDecay: number;
  /** Tokens of a sequence, special tokens included; null for 128, or what the model has room for if that is less. */
  readonly maxLength: number | null;
  readonly seed: number;
  /** Examples drawn from the training and dev set; null for all. */
  readonly trainLimit: number | null;
  readonly evalLimit: number | null;
  readonly engine: EngineName | 'auto';
  /** Threads of the engines onnx and wasm; null for as many as the machine has. */
  readonly threads: number | null;
  /** Whether the engine keeps weights that do not train in float16. */
  readonly fp16Weights: boolean;
  /** Whether the output of the layers below the first that trains is computed once and kept while the run lasts. */
  readonly cachePrefix: boolean;
  /** Seconds from one training state to the next, which `--resume` goes on from; 0: one after every step. */
  readonly checkpointSeconds: number;
}

const engineChoices: readonly (EngineName | 'auto')[] = ['auto', ...engineNames];

/** @throws UserError naming the option, what was expected and what came */
export function readSettings(raw: RawOptions): Settings {
  const method = choice(raw, 'method', methodNames, 'apca');
  const task = text(raw, 'task');
  const data = text(raw, 'data');
  if (task !== null && data === null) {
    throw new UserError(
      `--task ${task} needs --data DIR, the folder that holds the GLUE data (the README says where to get it)`,
    );
  }
  return {
    model: modelOf(text(raw, 'model') ?? embeddedModel),
    revision: text(raw, 'revision'),
    pooling: choice(raw, 'pooling', poolings, 'first'),
    data: resolve(data ?? embeddedData),
    task,
    method,
    ...readMethodSettings(raw, method),
    epochs: whole(raw, 'epochs', method === 'apca' ? 5 : 3, 1),
    batchSize: whole(raw, 'batchSize', 32, 1),
    lr: raw['lr'] === undefined ? null : real(raw, 'lr', 0, 0),
    headLr: raw['headLr'] === undefined ? null : real(raw, 'headLr', 0, 0),
    weightDecay: real(raw, 'weightDecay', 0, 0),
    maxLength: raw['maxLength'] === undefined ? null : whole(raw, 'maxLength', 0, 3),
    seed: whole(raw, 'seed', 0, 0),
    trainLimit: raw['trainLimit'] === undefined ? null : whole(raw, 'trainLimit', 0, 1),
    evalLimit: raw['evalLimit'] === undefined ? null : whole(raw, 'evalLimit', 0, 1),
    engine: choice(raw, 'engine', engineChoices, 'auto'),
    threads: raw['threads'] === undefined ? null : whole(raw, 'threads', 0, 1),
    fp16Weights: isOn(raw, 'fp16Weights'),
    cachePrefix: isOn(raw, 'cachePrefix'),
    checkpointSeconds: real(raw, 'checkpointSeconds', 60, 0),
  };
}

/**
 * The interrupted run that `finetune` is to go on with; null for a new run.
 * @throws UserError when settings are given beside it: the run has its own
 */
export function readResume(raw: RawOptions): string | null {
  const run = text(raw, 'resume');
  if (run === null) return null;
  const others = Object.keys(raw).filter((name) => !['resume', 'json', 'offline'].includes(name));
  if (others.length === 0) return resolve(run);
  throw new UserError(
    `--resume ${run} must stand alone, or with --json or --offline: the run goes on with its own settings; got ${others.map(flag).join(', ')}`,
  );
}

/** What `evaluate` is asked to do; null where the run's own setting holds. */
export interface EvaluateSettings {
  readonly run: string;
  readonly data: string | null;
  readonly model: string | null;
  readonly evalLimit: number | null;
  readonly engine: EngineName | 'auto' | null;
  readonly threads: number | null;
}

/** @throws UserError naming the option, what was expected and what came */
export function readEvaluateOptions(raw: RawOptions): EvaluateSettings {
  return {
    run: resolve(text(raw, 'run') ?? '.'),
    data: text(raw, 'data'),
    model: text(raw, 'model'),
    evalLimit: raw['evalLimit'] === undefined ? null : whole(raw, 'evalLimit', 0, 1),
    engine: raw['engine'] === undefined ? null : choice(raw, 'engine', engineChoices, 'auto'),
    threads: raw['threads'] === undefined ? null : whole(raw, 'threads', 0, 1),
  };
}

/** A folder by its absolute path; an id as it is. */
function modelOf(text: string): string {
  return isOwnFolder(text) ? resolve(text) : text;
}

/** What `export` writes. */
export const exportTargets = ['peft', 'huggingface', 'onnx'] as const;
export type ExportTarget = (typeof exportTargets)[number];

/** What `export` is asked to do; null where the run's own setting holds. */
export interface ExportSettings {
  readonly run: string;
  readonly to: ExportTarget;
  readonly out: string;
  readonly model: string | null;
  /** How Python is to load the base model, where a PEFT adapter says so. */
  readonly baseModel: string | null;
}

/** @throws UserError naming the option, what was expected and what came */
export function readExportOptions(raw: RawOptions): ExportSettings {
  const to = choice(raw, 'to', exportTargets, 'huggingface');
  const model = text(raw, 'model');
  const baseModel = text(raw, 'baseModel');
  if (baseModel !== null && to !== 'peft') {
    throw new UserError(`--base-model is for --to peft, whose adapter names its base; got --to ${to}`);
  }
  return {
    run: resolve(text(raw, 'run') ?? '.'),
    to,
    out: resolve(text(raw, 'out') ?? '.'),
    model,
    baseModel,
  };
}

/**
 * Reads settings back from a run's `config.json`.
 * @param source the file, for error messages
 */
export function readStoredSettings(stored: Readonly<Record<string, unknown>>, source: string): Settings {
  const raw = Object.fromEntries(
    Object.entries(stored)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, typeof value === 'number' ? String(value) : value]),
  );
  try {
    return readSettings(raw);
  } catch (error) {
    throw new UserError(`${source}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
