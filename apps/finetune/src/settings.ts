/**
 * The settings of a run: what the command line gives, checked, with defaults. They are written to the run folder's
 * `config.json` and say everything that is needed to repeat the run.
 */
import { resolve } from 'node:path';
import { methodNames } from '@ggm-peft/adapters';
import type { MethodName } from '@ggm-peft/adapters';
import { engineNames } from '@ggm-peft/engine';
import type { EngineName } from '@ggm-peft/engine';

import { embeddedData, embeddedModel } from './embedded.js';
import { UserError } from './user-error.js';

export interface Settings {
  /** Model folder in Hugging Face's layout. */
  readonly model: string;
  /** Folder of the data. */
  readonly data: string;
  /** GLUE task, or null for data of one's own. */
  readonly task: string | null;
  readonly method: MethodName;
  readonly rank: number;
  /** Endings of the names of the layers that get components. */
  readonly sites: readonly string[];
  readonly targetNodes: number;
  readonly importantNodes: number;
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
}

const engineChoices: readonly (EngineName | 'auto')[] = ['auto', ...engineNames];

/** Options as commander hands them over: texts, by camel-case name. */
export type RawOptions = Readonly<Record<string, unknown>>;

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
  const targetNodes = whole(raw, 'targetNodes', 60, 1);
  const importantNodes = whole(raw, 'importantNodes', Math.min(30, targetNodes), 0);
  if (importantNodes > targetNodes) {
    throw new UserError(
      `--important-nodes must not exceed --target-nodes (${targetNodes}): important nodes are always selected; got ${importantNodes}`,
    );
  }
  return {
    model: resolve(text(raw, 'model') ?? embeddedModel),
    data: resolve(data ?? embeddedData),
    task,
    method,
    rank: whole(raw, 'rank', 10, 1),
    sites: list(raw, 'sites', ['query', 'key', 'value']),
    targetNodes,
    importantNodes,
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
  };
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

/** `targetNodes` → `--target-nodes`. */
function flag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function text(raw: RawOptions, name: string): string | null {
  const value = raw[name];
  if (value === undefined) return null;
  if (typeof value === 'string' && value !== '') return value;
  throw new UserError(`${flag(name)} must be a text; got ${JSON.stringify(value)}`);
}

function isOn(raw: RawOptions, name: string): boolean {
  const value = raw[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw new UserError(`${flag(name)} must be true or false; got ${JSON.stringify(value)}`);
}

function list(raw: RawOptions, name: string, fallback: readonly string[]): readonly string[] {
  const value = raw[name];
  if (Array.isArray(value) && value.every((entry): entry is string => typeof entry === 'string'))
    return value;
  const joined = text(raw, name);
  if (joined === null) return fallback;
  const entries = joined.split(',').map((entry) => entry.trim());
  if (entries.every((entry) => entry !== '')) return entries;
  throw new UserError(`${flag(name)} must be names separated by commas; got ${joined}`);
}

function whole(raw: RawOptions, name: string, fallback: number, least: number): number {
  const value = text(raw, name);
  if (value === null) return fallback;
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= least) return number;
  throw new UserError(`${flag(name)} must be an integer of at least ${least}; got ${value}`);
}

function real(raw: RawOptions, name: string, fallback: number, least: number): number {
  const value = text(raw, name);
  if (value === null) return fallback;
  const number = Number(value);
  if (/^[\d.eE+-]+$/.test(value) && Number.isFinite(number) && number >= least) return number;
  throw new UserError(`${flag(name)} must be a number of at least ${least}; got ${value}`);
}

function choice<T extends string>(raw: RawOptions, name: string, known: readonly T[], fallback: T): T {
  const value = text(raw, name);
  if (value === null) return fallback;
  const found = known.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new UserError(`${flag(name)} must be one of ${known.join(', ')}; got ${value}`);
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
