/** Numbers that others computed: JSON files of test/fixtures, checked on the way in. */
import { readFileSync } from 'node:fs';
import { Matrix } from '@ggm-peft/linalg';

/** Reads values out of one fixture by the keys that lead to them. */
export interface Golden {
  number(...path: string[]): number;
  numbers(...path: string[]): number[];
  /** The length of a list. */
  length(...path: string[]): number;
  /** A list of rows; null stands for NaN. */
  matrix(...path: string[]): Matrix;
}

/** The fixture of that name, such as `estimators.json`. */
export function golden(name: string): Golden {
  const root: unknown = JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8'));
  const at = (path: string[]): unknown => path.reduce(field, root);
  return {
    number: (...path) => number(at(path), path),
    numbers: (...path) => list(at(path), path).map((entry) => number(entry, path)),
    length: (...path) => list(at(path), path).length,
    matrix: (...path) =>
      Matrix.from(
        list(at(path), path).map((row) =>
          list(row, path).map((entry) => (entry === null ? Number.NaN : number(entry, path))),
        ),
      ),
  };
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) throw new Error(`there is no object that holds ${name}`);
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function list(value: unknown, path: string[]): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${path.join('.')} must be a list`);
  return value.map((entry: unknown) => entry);
}

function number(value: unknown, path: string[]): number {
  if (typeof value !== 'number') throw new Error(`${path.join('.')} must hold numbers`);
  return value;
}
