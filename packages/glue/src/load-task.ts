/** Finds a task's files in a directory and reads them. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GlueError, quoted } from './error.js';
import { findTask } from './glue-tasks.js';
import { requireKnownKeys } from './options.js';
import { describeOwnTask } from './own-task.js';
import { readExamples, readTexts } from './read-examples.js';
import type { Example, Task, TextExample } from './task.js';

/** The two labelled parts of a task. */
export type Split = 'train' | 'dev';

export interface LoadTaskOptions {
  /** GLUE's root (which holds `CoLA/`, `SST-2/`, ...), the task's own folder, or the folder of data of one's own. */
  readonly directory: string;
  /** A GLUE task's name. Default: data of one's own, described from its `train.tsv`. */
  readonly task?: string;
  /** Which parts to read; the others come back empty. Default: both. */
  readonly splits?: readonly Split[];
  /** For data of one's own, what to call the task. Default: the folder's name. */
  readonly name?: string;
  /** For data of one's own, classes or scores. Default: decided from the train set (see `describeOwnTask`). */
  readonly kind?: Task['kind'];
}

export interface LoadedTask {
  readonly task: Task;
  /** In the file's order; empty if not asked for. */
  readonly train: readonly Example[];
  /** In the file's order; empty if not asked for. */
  readonly dev: readonly Example[];
}

const keys = ['directory', 'task', 'splits', 'name', 'kind'];

/**
 * Reads a task's labelled examples.
 *
 * @throws GlueError for an unknown task or option, a missing file, or the first malformed row (naming file, line, column,
 * what was expected and what was received)
 */
export async function loadTask(options: LoadTaskOptions): Promise<LoadedTask> {
  requireKnownKeys('loadTask', options, keys);
  const { splits = ['train', 'dev'] } = options;
  for (const split of splits) requireSplit(split);
  const { task, directory } = await locate('loadTask', options);
  const read = async (split: Split): Promise<readonly Example[]> =>
    splits.includes(split) ? readExamples(await fileOf(task, directory, split), task) : [];
  return { task, train: await read('train'), dev: await read('dev') };
}

/**
 * Reads the texts of a GLUE task's test part, which is published without labels.
 *
 * @throws GlueError as `loadTask` does
 */
export async function loadTestTexts(options: {
  readonly directory: string;
  readonly task: string;
}): Promise<readonly TextExample[]> {
  requireKnownKeys('loadTestTexts', options, ['directory', 'task']);
  const { task, directory } = await locate('loadTestTexts', options);
  return readTexts(await fileOf(task, directory, 'test'), task);
}

/** For callers without types. */
function requireSplit(split: string): void {
  if (split !== 'train' && split !== 'dev') {
    const hint = split === 'test' ? ' (the test part has no labels: see loadTestTexts)' : '';
    throw new GlueError(`loadTask: expected splits of "train" and "dev"; received ${quoted(split)}${hint}`);
  }
}

/** The task, and the folder that holds its files. */
async function locate(where: string, options: LoadTaskOptions): Promise<{ task: Task; directory: string }> {
  const { directory, name, kind } = options;
  if (options.task === undefined) {
    if (!(await isThere(directory))) {
      throw new GlueError(`${where}: expected a folder at ${directory}; there is none`);
    }
    if (!(await stat(directory)).isDirectory()) {
      throw new GlueError(
        `${where}: expected a folder at ${directory}, with train.tsv and dev.tsv; it is a file`,
      );
    }
    await requireFile(join(directory, 'train.tsv'), where);
    const own = { ...(name === undefined ? {} : { name }), ...(kind === undefined ? {} : { kind }) };
    return { task: await describeOwnTask(directory, own), directory };
  }
  for (const [key, value] of Object.entries({ name, kind })) {
    if (value !== undefined) {
      throw new GlueError(
        `${where}: ${quoted(key)} is for data of one's own; received it with task ${quoted(options.task)}`,
      );
    }
  }
  const task = findTask(options.task);
  const inRoot = join(directory, task.folder);
  if (await isThere(inRoot)) return { task, directory: inRoot };
  for (const split of ['train', 'dev', 'test']) {
    if (await isThere(join(directory, `${split}.tsv`))) return { task, directory };
  }
  throw new GlueError(
    `${where}: expected the ${task.name} data in ${inRoot} or in ${directory} itself (train.tsv, dev.tsv); found neither`,
  );
}

async function fileOf(task: Task, directory: string, split: Split | 'test'): Promise<string> {
  const path = join(directory, `${split}.tsv`);
  await requireFile(path, task.name);
  return path;
}

async function requireFile(path: string, where: string): Promise<void> {
  if (!(await isThere(path))) throw new GlueError(`${where}: expected a file at ${path}; there is none`);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
