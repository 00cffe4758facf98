/**
 * A table of numbers from CSV text: a header with column names, then a row a sample. Every complaint names the row as a
 * spreadsheet counts it (the header is row 1) and the column by its name.
 */
import { parse } from 'csv-parse/sync';
import { Matrix } from '@ggm-peft/linalg';
import { UserError } from './user-error.js';

/** What separates fields. */
export type Delimiter = ',' | ';' | '\t';

/** Samples with the names of their columns. */
export interface Table {
  /** Names of the columns used, distinct. */
  readonly names: readonly string[];
  /** [n, p]; NaN where a value is missing. */
  readonly samples: Matrix;
  /** Number of missing values. */
  readonly missing: number;
}

/** How to read. */
export interface TableOptions {
  /** Begins the messages: the file's name. */
  readonly file: string;
  /** Default: whichever of comma, semicolon and tab the header has most of. */
  readonly delimiter?: Delimiter;
  /** Columns to leave out, by name; their values may be anything. */
  readonly exclude?: readonly string[];
  /** Whether values may be missing: empty, NA, N/A, NaN, null. Default false. */
  readonly allowMissing?: boolean;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const MISSING = /^(|na|n\/a|nan|null)$/i;
const DECIMAL_COMMA = /^[+-]?\d*,\d+([eE][+-]?\d+)?$/;

/**
 * Reads a table.
 *
 * @throws UserError on anything that is not one.
 */
export function readTable(text: string, options: TableOptions): Table {
  const { file, exclude = [], allowMissing = false } = options;
  const delimiter = options.delimiter ?? detectDelimiter(text);
  const [header, ...rows] = readRecords(text, file, delimiter);
  if (header === undefined) throw new UserError(`${file}: must begin with a header; the file is empty`);
  const used = usedColumns(file, header.fields, exclude);
  if (rows.length === 0) throw new UserError(`${file}: must hold rows below its header; there are none`);
  const samples = Matrix.zeros(rows.length, used.length);
  let missing = 0;
  rows.forEach(({ row, fields }, i) => {
    if (fields.length !== header.fields.length) {
      throw new UserError(
        `${file}: row ${row}: expected ${header.fields.length} values as the header has; got ${fields.length}`,
      );
    }
    used.forEach(({ name, place }, j) => {
      const value = readNumber(fields[place] ?? '', `${file}: row ${row}, column "${name}"`, allowMissing);
      if (Number.isNaN(value)) missing++;
      samples.set(i, j, value);
    });
  });
  return { names: used.map(({ name }) => name), samples, missing };
}

/** A line's fields and the row at which a spreadsheet shows it. */
interface TableRow {
  readonly row: number;
  readonly fields: readonly string[];
}

function readRecords(text: string, file: string, delimiter: Delimiter): TableRow[] {
  let records: string[][];
  try {
    records = parse(text, { bom: true, delimiter, relax_column_count: true }).map((fields) =>
      fields.map((field) => field.trim()),
    );
  } catch (error) {
    throw new UserError(`${file}: is not CSV: ${error instanceof Error ? error.message : String(error)}`);
  }
  return records
    .map((fields, k) => ({ row: k + 1, fields }))
    .filter(({ fields }) => !(fields.length === 0 || (fields.length === 1 && fields[0] === '')));
}

/** The delimiter that the first line has most of, quoted parts aside; a comma where it has none. */
function detectDelimiter(text: string): Delimiter {
  const [line = ''] = text
    .replaceAll(/"[^"]*"/g, '')
    .split(/[\r\n]/)
    .filter((each) => each.trim() !== '');
  const counts = ([',', ';', '\t'] as const).map((delimiter) => ({
    delimiter,
    count: line.split(delimiter).length - 1,
  }));
  return counts.reduce((best, each) => (each.count > best.count ? each : best)).delimiter;
}

function usedColumns(
  file: string,
  header: readonly string[],
  exclude: readonly string[],
): { name: string; place: number }[] {
  if (header.every((name) => NUMBER.test(name))) {
    throw new UserError(
      `${file}: row 1 must hold the names of the columns; got numbers only (${header.slice(0, 3).join(', ')}, …)`,
    );
  }
  header.forEach((name, place) => {
    if (name === '') throw new UserError(`${file}: row 1: column ${place + 1} has no name`);
    const before = header.indexOf(name);
    if (before < place) {
      throw new UserError(`${file}: row 1: columns ${before + 1} and ${place + 1} are both named "${name}"`);
    }
  });
  for (const name of exclude) {
    if (!header.includes(name)) throw new UserError(`--exclude: ${file} has no column "${name}"`);
  }
  const used = header.map((name, place) => ({ name, place })).filter(({ name }) => !exclude.includes(name));
  if (used.length < 2) {
    throw new UserError(
      `${file}: must have at least two columns to connect; got ${used.length} (is the --delimiter right?)`,
    );
  }
  return used;
}

function readNumber(text: string, where: string, allowMissing: boolean): number {
  if (MISSING.test(text)) {
    if (allowMissing) return Number.NaN;
    const what = text === '' ? 'nothing' : `"${text}"`;
    throw new UserError(
      `${where}: expected a number, got ${what}; complete or remove the row, leave the column out with --exclude, or use --missing pairwise`,
    );
  }
  const value = Number(text);
  if (NUMBER.test(text) && Number.isFinite(value)) return value;
  const hint = DECIMAL_COMMA.test(text) ? '; write decimals with a point' : '';
  throw new UserError(`${where}: expected a number, got "${text}"${hint}`);
}
