/**
 * A table of tab-separated text, as GLUE publishes it.
 *
 * No quoting: a quotation mark is a character like any other (MRPC and STS-B hold unbalanced ones, on which readers of
 * "CSV with tabs" join lines). A byte order mark, CRLF line ends and blank lines at the end are accepted.
 */
import { readFile } from 'node:fs/promises';
import { GlueError, quoted } from './error.js';

/** One row, its cells by column position. */
export interface TsvRow {
  readonly cells: readonly string[];
  /** Its line in the file, from 1. */
  readonly line: number;
}

export interface TsvTable {
  readonly path: string;
  readonly header: readonly string[];
  readonly rows: readonly TsvRow[];
}

/** Which columns a reader needs, and what the columns are if the file has no header. */
export interface TsvLayout {
  readonly required: readonly string[];
  readonly withoutHeader?: readonly string[];
}

/**
 * Reads a table. Every row has as many cells as the header.
 *
 * @throws GlueError when the file is missing or not UTF-8, lacks a required column, has no rows, or a row has too few
 * or too many columns
 */
export async function readTsv(path: string, layout: TsvLayout): Promise<TsvTable> {
  return parseTsv(decode(await readBytes(path), path), path, layout);
}

/** `readTsv` of a text; `path` names it in messages. */
export function parseTsv(text: string, path: string, { required, withoutHeader }: TsvLayout): TsvTable {
  const lines = splitLines(text);
  const first = lines[0];
  if (first === undefined) throw new GlueError(`${path}: expected rows; the file is empty`);
  const found = first.split('\t');
  const hasHeader = required.every((name) => found.includes(name));
  const header = hasHeader ? found : withoutHeader;
  if (header === undefined) {
    throw new GlueError(`${path} line 1: expected a header with ${list(required)}; received ${list(found)}`);
  }
  for (const [i, name] of header.entries()) {
    if (required.includes(name) && header.indexOf(name) !== i) {
      throw new GlueError(`${path} line 1: expected one column ${quoted(name)}; received two`);
    }
  }
  const rows: TsvRow[] = [];
  for (let i = hasHeader ? 1 : 0; i < lines.length; i++) {
    const cells = (lines[i] ?? '').split('\t');
    if (cells.length !== header.length) {
      throw new GlueError(
        `${path} line ${i + 1}: expected ${header.length} columns (${header.join(', ')}); received ${cells.length}`,
      );
    }
    rows.push({ cells, line: i + 1 });
  }
  if (rows.length === 0) throw new GlueError(`${path}: expected rows after the header; received none`);
  return { path, header, rows };
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    const missing = typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ENOENT';
    throw new GlueError(`${path}: ${missing ? 'no such file' : `cannot read: ${String(cause)}`}`, { cause });
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes); // drops a byte order mark
  } catch (cause) {
    throw new GlueError(`${path}: expected UTF-8 text; received other bytes`, { cause });
  }
}

function splitLines(text: string): string[] {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

function list(names: readonly string[]): string {
  return names.slice(0, 10).map(quoted).join(', ');
}
