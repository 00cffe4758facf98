/**
 * A run's state between two steps, whole: with the model's base weights, the method attached with the same options and
 * the same training set, it is all that a run needs to go on as if it had not stopped.
 *
 * It is one safetensors file. Tensors: `value NAME`, `first NAME`, `second NAME` (float32: what trains, and AdamW's two
 * moments of it), `method NAME` (what the method keeps besides, float32 or float64). Metadata: `format`, `version` and
 * `state`, which is JSON. The file takes 12 bytes for every value that trains, and what the method keeps.
 */
import type { MethodProgress, ProgressTensor, TensorData } from '@ggm-peft/adapters';
import { parseSafetensors, writeSafetensors } from '@ggm-peft/safetensors';
import type { Tensor } from '@ggm-peft/safetensors';
import { readFile } from 'node:fs/promises';

import type { Moments, OptimiserState } from './optimiser.js';

/** Where a run stands. */
export interface TrainingPosition {
  /** The present epoch, from 0. */
  readonly epoch: number;
  /** Whether the epoch has begun: the method knows of it. */
  readonly begun: boolean;
  /** Steps done in this epoch, and in all. */
  readonly step: number;
  readonly globalStep: number;
  /** Runs of the training step so far, on which dropout masks depend. */
  readonly draw: number;
  /** Losses of this epoch's examples, added up. */
  readonly lossSum: number;
}

/** What must be the same when a run goes on: the options' names, and their values as text. */
export type PlanRecord = Readonly<Record<string, string>>;

export interface TrainingState {
  readonly plan: PlanRecord;
  readonly position: TrainingPosition;
  /** What trains, by name. */
  readonly values: ReadonlyMap<string, TensorData>;
  readonly optimiser: OptimiserState;
  readonly progress: MethodProgress;
  /** The caller's own: see `CheckpointOptions.notes`. */
  readonly notes: unknown;
}

/** A state that cannot be read, or does not belong to this run. */
export class TrainingStateError extends Error {
  override readonly name = 'TrainingStateError';
}

const format = 'ggm-peft-training-state';
const version = '1';
const kinds = ['value', 'first', 'second', 'method'] as const;
type Kind = (typeof kinds)[number];

/** Writes the state; the path holds what it held or the whole new file, whenever the process stops. */
export async function writeTrainingState(path: string, state: TrainingState): Promise<void> {
  const { plan, position, values, optimiser, progress, notes } = state;
  const tensors = new Map<string, Tensor>();
  const add = (kind: Kind, name: string, { shape, data }: ProgressTensor): void => {
    tensors.set(
      `${kind} ${name}`,
      data instanceof Float64Array ? { dtype: 'F64', shape, data } : { dtype: 'F32', shape, data },
    );
  };
  for (const [name, value] of values) {
    const { shape } = value;
    add('value', name, value);
    const moments = optimiser.moments.get(name);
    if (moments === undefined) throw new Error(`writeTrainingState: ${name} has no moments`);
    add('first', name, { shape, data: moments.first });
    add('second', name, { shape, data: moments.second });
  }
  for (const [name, tensor] of progress.tensors) add('method', name, tensor);
  const order = [...values.keys()];
  const json = { plan, position, order, steps: optimiser.steps, method: progress.data, notes };
  await writeSafetensors(path, tensors, [
    ['format', format],
    ['version', version],
    ['state', JSON.stringify(json)],
  ]);
}

/** @throws TrainingStateError when the file is missing, damaged or of another version */
export async function readTrainingState(path: string): Promise<TrainingState> {
  const fail = (message: string, cause?: unknown): TrainingStateError =>
    new TrainingStateError(`${path}: ${message}`, { cause });
  let file: ReturnType<typeof parseSafetensors>;
  try {
    file = parseSafetensors(await readFile(path), 'a training state');
  } catch (error) {
    throw fail(
      `must be a whole training state; ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
  const { metadata } = file;
  if (metadata.get('format') !== format || metadata.get('version') !== version) {
    throw fail(
      `must be a ${format} of version ${version}; got ${metadata.get('format') ?? 'no format'}, ` +
        `version ${metadata.get('version') ?? 'none'}`,
    );
  }
  const json = parseState(metadata.get('state') ?? '');
  if (json === null)
    throw fail('the metadata must hold the state as JSON with plan, position, order, steps, method');

  const tensors = new Map(kinds.map((kind) => [kind, new Map<string, ProgressTensor>()] as const));
  for (const [key, { shape, data }] of file.tensors) {
    const space = key.indexOf(' ');
    const of = tensors.get(kinds.find((kind) => kind === key.slice(0, space)) ?? 'method');
    if (!(data instanceof Float32Array || data instanceof Float64Array)) {
      throw fail(`tensor ${key} must be float32 or float64`);
    }
    of?.set(key.slice(space + 1), { shape, data });
  }
  const take = (kind: Kind, name: string): TensorData => {
    const tensor = tensors.get(kind)?.get(name);
    if (!(tensor?.data instanceof Float32Array))
      throw fail(`tensor ${kind} ${name} must be there, as float32`);
    return { shape: tensor.shape, data: tensor.data };
  };
  const values = new Map<string, TensorData>();
  const moments = new Map<string, Moments>();
  for (const name of json.order) {
    values.set(name, take('value', name));
    moments.set(name, { first: take('first', name).data, second: take('second', name).data });
  }
  return {
    plan: json.plan,
    position: json.position,
    values,
    optimiser: { steps: json.steps, moments },
    progress: { tensors: tensors.get('method') ?? new Map(), data: json.method },
    notes: json.notes,
  };
}

interface StateJson {
  readonly plan: PlanRecord;
  readonly position: TrainingPosition;
  readonly order: readonly string[];
  readonly steps: number;
  readonly method: Readonly<Record<string, unknown>>;
  readonly notes: unknown;
}

function parseState(text: string): StateJson | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const { plan, position, order, steps, method, notes } = record(json);
  if (!isPosition(position) || !isCount(steps) || !isPlan(plan) || typeof method !== 'object') return null;
  if (!Array.isArray(order) || !order.every((name): name is string => typeof name === 'string')) return null;
  return { plan, position, order, steps, method: record(method), notes };
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function isPosition(value: unknown): value is TrainingPosition {
  const { epoch, begun, step, globalStep, draw, lossSum } = record(value);
  return (
    [epoch, step, globalStep, draw].every(isCount) && typeof begun === 'boolean' && Number.isFinite(lossSum)
  );
}

const isPlan = (value: unknown): value is PlanRecord =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((entry) => typeof entry === 'string');
