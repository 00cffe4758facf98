/** A run's `config.json`: everything needed to repeat the run, and what came of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { engineNames } from '@ggm-peft/engine';
import type { EngineName } from '@ggm-peft/engine';

import type { PrefixRecord } from './kept-prefix.js';
import { runFiles } from './run-folder.js';
import { readStoredSettings } from './settings.js';
import type { Settings } from './settings.js';
import type { RunSummary } from './summary.js';
import { UserError } from './user-error.js';

export const runFormat = 'ggm-peft-run';
export const runVersion = 1;

export interface RunRecord {
  readonly format: typeof runFormat;
  readonly version: typeof runVersion;
  readonly settings: Settings;
  /** What the settings turned into on that machine. */
  readonly resolved: {
    readonly engine: { readonly name: string; readonly description: string };
    readonly node: string;
    readonly baseSha256: string;
    /** Class names by index, null for regression. */
    readonly labels: readonly string[] | null;
    readonly trainExamples: number;
    readonly devExamples: number;
    /** What `--cache-prefix` kept, in order; empty without it. */
    readonly prefixes: readonly PrefixRecord[];
    /** Steps that were done whenever the run was gone on with after an interruption; empty for a run in one go. */
    readonly resumedAtSteps: readonly number[];
  };
  readonly summary: RunSummary;
}

/** What a later command needs of a run. */
export interface StoredRun {
  readonly settings: Settings;
  /** The engine that the run was made on: another's last digits may differ. */
  readonly engine: EngineName;
  readonly labels: readonly string[] | null;
}

/** @throws UserError when the folder holds no run of this version */
export async function readRun(folder: string): Promise<StoredRun> {
  const path = join(folder, runFiles.config);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UserError(
      `--run ${folder}: must be a run folder, with ${runFiles.config}; ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const record = object(json);
  if (record['format'] !== runFormat || record['version'] !== runVersion) {
    throw new UserError(
      `${path}: must be a ${runFormat} of version ${runVersion}; got ${String(record['format'])}`,
    );
  }
  const resolved = object(record['resolved']);
  const { labels } = resolved;
  const isLabels =
    labels === null || (Array.isArray(labels) && labels.every((label) => typeof label === 'string'));
  const engine = engineNames.find((name) => name === object(resolved['engine'])['name']);
  if (!isLabels || engine === undefined) {
    throw new UserError(`${path}: resolved.labels and resolved.engine.name must be there`);
  }
  return {
    engine,
    settings: readStoredSettings(object(record['settings']), path),
    labels,
  };
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
