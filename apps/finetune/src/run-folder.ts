/**
 * A run's folder. It is written under a temporary name beside its final one and renamed when the run is complete, so
 * that a folder of the final name always holds a whole run.
 */
import { appendFileSync, rmSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { Settings } from './settings.js';
import { UserError } from './user-error.js';

/** Names of the files in a run folder; adapter and head are named by @ggm-peft/adapters. */
export const runFiles = {
  config: 'config.json',
  metrics: 'metrics.jsonl',
  nodes: 'nodes.json',
  report: 'report.md',
} as const;

/** A finished run could not be given its name; it lies under its draft's. */
export class RunKeptError extends Error {
  override readonly name = 'RunKeptError';
}

/** `runs/<task>-<method>-seed<seed>-<time>`, in the working directory. */
export function defaultRunFolder({ task, data, method, seed }: Settings, time: Date): string {
  const stamp = time.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return join('runs', `${task ?? basename(data)}-${method}-seed${seed}-${stamp}`);
}

export class RunFolder {
  /** Takes the draft away when the process ends in the middle of a run, however it ends short of being killed. */
  readonly #onExit = (): void => {
    rmSync(this.draft, { recursive: true, force: true });
  };

  private constructor(
    /** Where the run will lie when it is complete. */
    readonly path: string,
    /** Where it is being written. */
    readonly draft: string,
  ) {
    process.once('exit', this.#onExit);
  }

  /** @throws UserError when the folder exists and is not empty, or cannot be made */
  static async create(path: string): Promise<RunFolder> {
    const existing = await readdir(path).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw new UserError(`--out ${path}: must be a folder that can be made; ${describe(error)}`);
    });
    if (existing.length > 0) {
      throw new UserError(
        `--out ${path}: must not exist yet, or be empty; it holds ${existing.length} entries`,
      );
    }
    const draft = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
    try {
      await mkdir(draft, { recursive: true });
    } catch (error) {
      throw new UserError(`--out ${path}: cannot be made: ${describe(error)}`);
    }
    return new RunFolder(path, draft);
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    await writeFile(join(this.draft, name), `${JSON.stringify(value, null, 2)}\n`);
  }

  async writeText(name: string, text: string): Promise<void> {
    await writeFile(join(this.draft, name), text);
  }

  /** Appends one line to `metrics.jsonl`. */
  log(record: Readonly<Record<string, unknown>>): void {
    appendFileSync(join(this.draft, runFiles.metrics), `${JSON.stringify(record)}\n`);
  }

  /**
   * Gives the finished run its name.
   * @throws RunKeptError when something has come to lie there meanwhile; the run is then kept under its draft's name
   */
  async complete(): Promise<void> {
    process.off('exit', this.#onExit);
    try {
      // An empty folder of that name may be there; a full one is somebody else's, and is not removed.
      await rmdir(this.path).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
      await rename(this.draft, this.path);
    } catch (error) {
      throw new RunKeptError(
        `--out ${this.path}: cannot take the run; it is kept in ${this.draft}: ${describe(error)}`,
      );
    }
  }

  /** Takes everything away again. */
  async discard(): Promise<void> {
    process.off('exit', this.#onExit);
    await rm(this.draft, { recursive: true, force: true });
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
