/**
 * A task made from data of one's own: `train.tsv` and `dev.tsv` with a header that names `sentence` (or `sentence1` and
 * `sentence2`) and `label` (or `score`). Other columns are ignored.
 *
 * Which kind of task, unless it is given: a `score` column holds scores; a `label` column holds classes, unless every label of
 * the train set is a number and at least one is not whole. So 0/1, 1..5 and names are classes (a rating of 1..5 to be treated
 * as a score is asked for with kind "regression"), and 3.75 is a score.
 */
import { basename, join, resolve } from 'node:path';
import { GlueError, quoted } from './error.js';
import { cellReader, layoutOf, parseNumber } from './read-examples.js';
import type { Columns, Task } from './task.js';
import { readTsv } from './tsv.js';

export interface OwnTaskOptions {
  /** What the task is called. Default: the folder's name. */
  readonly name?: string;
  /** Classes or scores. Default: decided from the train set, as above. */
  readonly kind?: Task['kind'];
}

const layouts: readonly Columns[] = [
  { text: 'sentence', label: 'label' },
  { text: 'sentence', label: 'score' },
  { text: 'sentence1', pair: 'sentence2', label: 'label' },
  { text: 'sentence1', pair: 'sentence2', label: 'score' },
];

/**
 * Describes the task in a folder from its `train.tsv`: the classes are the labels that occur there, in sorted order
 * (numerically when all are whole numbers).
 *
 * @throws GlueError when the train set is missing or malformed, or has fewer than two classes
 */
export async function describeOwnTask(directory: string, options: OwnTaskOptions = {}): Promise<Task> {
  const path = join(directory, 'train.tsv');
  const table = await readTsv(path, { required: [] });
  const { header } = table;
  const columns = layouts.find((layout) =>
    layoutOf(layout, true).required.every((column) => header.includes(column)),
  );
  if (columns === undefined) {
    throw new GlueError(
      `${path} line 1: expected a header with "sentence" (or "sentence1" and "sentence2") and "label" (or "score"); received ${header.slice(0, 10).map(quoted).join(', ')} (for data in GLUE's own layout, name the task)`,
    );
  }
  const label = cellReader(table, columns.label);
  const texts = new Set(table.rows.map(label));
  const folder = basename(resolve(directory));
  const shared = { name: options.name ?? folder, folder, columns };
  if ((options.kind ?? kindOf(columns, texts)) === 'regression') {
    return { ...shared, kind: 'regression', range: [-Infinity, Infinity], metrics: ['pearson', 'spearman'] };
  }
  const unlabelled = table.rows.find((row) => label(row).trim() === '');
  if (unlabelled !== undefined) {
    throw new GlueError(
      `${path} line ${unlabelled.line}, column ${quoted(columns.label)}: expected a label; received nothing`,
    );
  }
  if (texts.size < 2) {
    throw new GlueError(
      `${path}, column ${quoted(columns.label)}: expected at least two different labels; received only ${[...texts].map(quoted).join('')}`,
    );
  }
  const labels = inOrder(texts);
  return { ...shared, kind: 'classification', labels, labelTexts: labels, metrics: ['accuracy'] };
}

function kindOf(columns: Columns, texts: ReadonlySet<string>): Task['kind'] {
  const numbers = [...texts].map(parseNumber);
  const scores = numbers.every((value) => value !== undefined) && !numbers.every(Number.isInteger);
  return columns.label === 'score' || scores ? 'regression' : 'classification';
}

function inOrder(texts: ReadonlySet<string>): string[] {
  const whole = [...texts].every((text) => Number.isSafeInteger(parseNumber(text)));
  return [...texts].sort((a, b) => (whole ? Number(a) - Number(b) : 0) || (a < b ? -1 : 1));
}
