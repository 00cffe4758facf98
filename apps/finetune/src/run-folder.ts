/**
 * A run's folder. It is written under a temporary name beside its final one (its draft) and renamed when the run is
 * complete, so that a folder of the final name always holds a whole run. A draft with a training state outlives its
 * process, and can be gone on with.
 */
import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { open, readdir, rename, rm, rmdir, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { draftsOf, makeDraft, stateFile, stripDraft, takeDraft } from './draft.js';
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

/** A run that has stopped but can go on; `cause` is what stopped it. */
export class RunStoppedError extends Error {
  override readonly name = 'RunStoppedError';
}

export class RunFolder {
  /** Takes the draft away when the process ends before there is a state to go on from, short of being killed. */
  readonly #onExit = (): void => {
    if (!this.canGoOn) rmSync(this.draft, { recursive: true, force: true });
  };

  private constructor(
    /** Where the run will lie when it is complete. */
    readonly path: string,
    /** Where it is being written. */
    readonly draft: string,
  ) {
    process.once('exit', this.#onExit);
  }

  /** @throws UserError when the folder exists and is not empty, cannot be made, or a run of that name was interrupted */
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
    for (const draft of await draftsOf(path)) {
      if (draft.heldBy !== null) {
        throw new UserError(`--out ${path}: must be of no other run; ${draft.heldBy} is writing one there`);
      }
      if (draft.hasState) {
        throw new UserError(
          `--out ${path}: must be of no other run; one was interrupted there: go on with --resume ${path}, or remove ${draft.path}`,
        );
      }
      await rm(draft.path, { recursive: true });
    }
    try {
      return new RunFolder(path, await makeDraft(path));
    } catch (error) {
      throw new UserError(`--out ${path}: cannot be made: ${describe(error)}`);
    }
  }

  /**
   * Goes on with an interrupted run.
   * @throws UserError when there is none, or another process writes it
   */
  static async resume(path: string): Promise<RunFolder> {
    const must = `--resume ${path}: must be the folder of an interrupted run`;
    if (existsSync(join(path, runFiles.config))) {
      throw new UserError(`${must}; this run is complete`);
    }
    const drafts = await draftsOf(path);
    const held = drafts.find(({ heldBy }) => heldBy !== null);
    if (held !== undefined) throw new UserError(`${must}; ${held.heldBy ?? ''} is writing this one`);
    const [draft, ...others] = drafts.filter(({ hasState }) => hasState);
    if (draft === undefined) {
      const stopped =
        drafts.length > 0 ? 'this one had no state to go on from yet: start it again' : 'there is none';
      throw new UserError(`${must}; ${stopped}`);
    }
    if (others.length > 0) {
      throw new UserError(
        `${must}; there are several: remove all but one of ${[draft, ...others].map((each) => each.path).join(', ')}`,
      );
    }
    try {
      return new RunFolder(path, await takeDraft(path, draft, [stateFile, runFiles.metrics]));
    } catch (error) {
      throw new UserError(`${must} that can be written; ${describe(error)}`);
    }
  }

  /** Where the training state lies while the run is written. */
  get statePath(): string {
    return join(this.draft, stateFile);
  }

  /** Whether there is a state from which the run can go on. */
  get canGoOn(): boolean {
    return existsSync(this.statePath);
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

  /** Brings `metrics.jsonl` to the disk. @returns its bytes */
  async syncLog(): Promise<number> {
    const handle = await open(join(this.draft, runFiles.metrics), 'a');
    try {
      await handle.sync();
      return (await handle.stat()).size;
    } finally {
      await handle.close();
    }
  }

  /** Takes the lines behind the first so many bytes out of `metrics.jsonl`. @throws UserError when there are fewer */
  async cutLog(bytes: number): Promise<void> {
    const path = join(this.draft, runFiles.metrics);
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size < bytes) throw new UserError(`${path}: must hold at least ${bytes} bytes; got ${size}`);
    if (size > 0) await truncate(path, bytes);
  }

  /** Leaves the draft as it is, for `resume`. */
  leave(): void {
    process.off('exit', this.#onExit);
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
      await stripDraft(this.path);
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
