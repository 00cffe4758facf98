/** What a run's training state holds besides the training itself: everything that `finetune --resume` needs to go on. */
import { engineNames } from '@ggm-peft/engine';
import type { EngineName } from '@ggm-peft/engine';
import type { HubSource } from '@ggm-peft/hub';

import type { PrefixRecord } from './kept-prefix.js';
import type { MemoryByPhase } from './phase-memory.js';
import type { EpochRecord } from './report.js';
import { hubOf } from './run-record.js';
import { readStoredSettings } from './settings.js';
import type { Settings } from './settings.js';
import { phaseNames } from './training-phases.js';
import type { PhaseTimes } from './training-phases.js';
import { UserError } from './user-error.js';

export interface RunNotes {
  /** The program's version. */
  readonly version: string;
  readonly settings: Settings;
  /** Where on the hub the base model is from; null for a folder. */
  readonly hub: HubSource | null;
  /** What the settings turned into. */
  readonly engine: EngineName;
  readonly threads: number;
  /** SHA-256 of the base weights, and of everything else that the run reads. */
  readonly baseSha256: string;
  readonly inputsSha256: string;
  /** Bytes of `metrics.jsonl` that belong to the steps done. */
  readonly logBytes: number;
  /** Time in this run so far, and in its present epoch. */
  readonly seconds: number;
  readonly epochSeconds: number;
  readonly memory: MemoryByPhase;
  readonly epochs: readonly EpochRecord[];
  readonly prefixes: readonly PrefixRecord[];
  readonly phases: readonly PhaseTimes[];
  /** Steps that were done whenever the run was gone on with. */
  readonly resumedAtSteps: readonly number[];
}

/**
 * @param source the file, for error messages
 * @throws UserError when they are no notes of this program's version
 */
export function readNotes(notes: unknown, source: string, version: string): RunNotes {
  const fields = record(notes);
  const fail = (name: string, expected: string): UserError =>
    new UserError(`${source}: the run's ${name} must be ${expected}; got ${JSON.stringify(fields[name])}`);
  if (fields['version'] !== version) throw fail('version', `${version}, this program's`);
  const text = (name: string): string => {
    const value = fields[name];
    if (typeof value === 'string') return value;
    throw fail(name, 'a text');
  };
  const number = (name: string): number => {
    const value = fields[name];
    if (typeof value === 'number') return value;
    throw fail(name, 'a number');
  };
  const list = <T>(name: string, isEntry: (value: unknown) => value is T): readonly T[] => {
    const value = fields[name];
    if (Array.isArray(value) && value.every(isEntry)) return value;
    throw fail(name, 'a list of records');
  };
  const engine = engineNames.find((name) => name === fields['engine']);
  if (engine === undefined) throw fail('engine', `one of ${engineNames.join(', ')}`);
  return {
    version,
    settings: readStoredSettings(record(fields['settings']), source),
    hub: hubOf(fields['hub'], source),
    engine,
    threads: number('threads'),
    baseSha256: text('baseSha256'),
    inputsSha256: text('inputsSha256'),
    logBytes: number('logBytes'),
    seconds: number('seconds'),
    epochSeconds: number('epochSeconds'),
    memory: numbers(fields['memory']),
    epochs: list('epochs', isEpoch).map((epoch) => ({ ...epoch, metrics: numbers(epoch.metrics) })),
    prefixes: list('prefixes', isPrefix),
    phases: list('phases', isPhase),
    resumedAtSteps: list('resumedAtSteps', (value) => typeof value === 'number'),
  };
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

/** Numbers by name; JSON has null for NaN. */
const numbers = (value: unknown): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(record(value)).map(([name, entry]) => [name, typeof entry === 'number' ? entry : NaN]),
  );

const hasNumbers = (value: unknown, names: readonly string[]): boolean =>
  names.every((name) => typeof record(value)[name] === 'number');

const isEpoch = (value: unknown): value is EpochRecord =>
  hasNumbers(value, ['epoch', 'loss', 'seconds', 'trainable']);

const isPrefix = (value: unknown): value is PrefixRecord =>
  hasNumbers(value, ['epoch', 'frozenLayers', 'examples', 'bytes', 'seconds']);

const isPhase = (value: unknown): value is PhaseTimes => {
  const { name, trainable, seconds, memory } = record(value);
  return (
    phaseNames.some((known) => known === name) &&
    hasNumbers(trainable, ['adapter', 'head', 'total']) &&
    Array.isArray(seconds) &&
    seconds.every((entry) => typeof entry === 'number') &&
    typeof memory === 'number'
  );
};
