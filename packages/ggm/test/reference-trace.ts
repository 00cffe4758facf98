/** The published code's own numbers (test/fixtures/reference-trace.json), checked on the way in. */
import { readFileSync } from 'node:fs';
import { Matrix } from '@ggm-peft/linalg';

export interface ReferenceTrace {
  readonly scores: Matrix; // [40, 38]
  readonly covariance: Matrix; // [38, 38]
  readonly omega: Matrix; // [38, 38]
  readonly delta: Matrix; // [38, 38]
  readonly importantIndices: number[];
  readonly selected: number[];
}

export function loadReferenceTrace(): ReferenceTrace {
  const parsed: unknown = JSON.parse(
    readFileSync(new URL('./fixtures/reference-trace.json', import.meta.url), 'utf8'),
  );
  return {
    scores: Matrix.from(numberRows(parsed, 'scores')),
    covariance: Matrix.from(numberRows(parsed, 'covariance')),
    omega: Matrix.from(numberRows(parsed, 'omega')),
    delta: Matrix.from(numberRows(parsed, 'delta')),
    importantIndices: numbers(field(parsed, 'importantIndices'), 'importantIndices'),
    selected: numbers(field(parsed, 'selected'), 'selected'),
  };
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) throw new Error('the trace must be an object');
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function numberRows(value: unknown, name: string): number[][] {
  const rows = field(value, name);
  if (!Array.isArray(rows)) throw new Error(`${name} must be a list of rows`);
  return rows.map((row: unknown) => numbers(row, name));
}

function numbers(value: unknown, name: string): number[] {
  if (!Array.isArray(value)) throw new Error(`${name} must be a list`);
  return value.map((entry: unknown) => {
    if (typeof entry !== 'number') throw new Error(`${name} must hold numbers`);
    return entry;
  });
}
