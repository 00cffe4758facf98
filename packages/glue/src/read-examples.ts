/** Rows of a table as examples: the texts of their columns, and the label as a class index or a score. */
import { GlueError, quoted } from './error.js';
import type { Columns, Example, Task, TextExample } from './task.js';
import { readTsv } from './tsv.js';
import type { TsvLayout, TsvRow, TsvTable } from './tsv.js';

/** The examples of a labelled file (train or dev). @throws GlueError for the first malformed row */
export async function readExamples(path: string, task: Task): Promise<Example[]> {
  return toExamples(await readTsv(path, layoutOf(task.columns, true)), task);
}

/** The texts of a file without labels (test). @throws GlueError for the first malformed row */
export async function readTexts(path: string, { columns }: Task): Promise<TextExample[]> {
  // CoLA's labelled files lack a header but its test file has one: nothing is assumed of a file that has none.
  const table = await readTsv(path, { required: layoutOf(columns, false).required });
  const text = textReader(table, columns);
  return table.rows.map(text);
}

/** The columns that a task needs. */
export function layoutOf({ text, pair, label, withoutHeader }: Columns, labelled: boolean): TsvLayout {
  const required = [text, ...(pair === undefined ? [] : [pair]), ...(labelled ? [label] : [])];
  return withoutHeader === undefined ? { required } : { required, withoutHeader };
}

/** The rows of a table as labelled examples. */
export function toExamples(table: TsvTable, task: Task): Example[] {
  const text = textReader(table, task.columns);
  const label = labelReader(table, task);
  return table.rows.map((row) => ({ ...text(row), label: label(row) }));
}

/** A row's cell in the column of that name. */
export function cellReader({ header }: TsvTable, column: string): (row: TsvRow) => string {
  const position = header.indexOf(column);
  return ({ cells }) => cells[position] ?? '';
}

function textReader(table: TsvTable, columns: Columns): (row: TsvRow) => TextExample {
  const text = sentenceReader(table, columns.text);
  if (columns.pair === undefined) return (row) => ({ text: text(row), line: row.line });
  const pair = sentenceReader(table, columns.pair);
  return (row) => ({ text: text(row), pair: pair(row), line: row.line });
}

/** Sentences are kept as they are, spaces at their ends included (SST-2 has them), as other GLUE readers do. */
function sentenceReader(table: TsvTable, column: string): (row: TsvRow) => string {
  const cell = cellReader(table, column);
  return (row) => {
    const sentence = cell(row);
    if (sentence.trim() === '') throw malformed(table, row, column, 'a sentence', sentence);
    return sentence;
  };
}

function labelReader(table: TsvTable, task: Task): (row: TsvRow) => number {
  const column = task.columns.label;
  const cell = cellReader(table, column);
  if (task.kind === 'regression') {
    const [lowest, highest] = task.range;
    const expected =
      lowest === -Infinity && highest === Infinity ? 'a number' : `a number in ${lowest}..${highest}`;
    return (row) => {
      const score = parseNumber(cell(row));
      if (score === undefined || score < lowest || score > highest) {
        throw malformed(table, row, column, expected, cell(row));
      }
      return score;
    };
  }
  const indices = new Map(task.labelTexts.map((text, index) => [text, index]));
  return (row) => {
    const index = indices.get(cell(row));
    if (index === undefined) {
      throw malformed(table, row, column, `one of ${task.labelTexts.map(quoted).join(', ')}`, cell(row));
    }
    return index;
  };
}

/** A finite decimal number, or undefined: unlike `Number`, nothing for "", " 1" or "0x1". */
export function parseNumber(text: string): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function malformed(
  { path }: TsvTable,
  { line }: TsvRow,
  column: string,
  expected: string,
  received: string,
): GlueError {
  return new GlueError(
    `${path} line ${line}, column ${quoted(column)}: expected ${expected}; received ${quoted(received)}`,
  );
}
