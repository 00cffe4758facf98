/** Every metric against scikit-learn and SciPy (fixtures/metrics.json), by hand where they are undefined, and by its invariants. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  accuracy,
  computeMetrics,
  f1,
  findTask,
  GlueError,
  matthewsCorrelation,
  pearson,
  spearman,
} from '../src/index.js';
import type { Metric, Task } from '../src/index.js';

interface Case {
  readonly kind: 'binary' | 'regression';
  readonly labels: number[];
  readonly predictions: number[];
  readonly [metric: string]: unknown;
}
const isCase = (value: unknown): value is Case =>
  typeof value === 'object' &&
  value !== null &&
  'kind' in value &&
  'labels' in value &&
  'predictions' in value;

const parsed: unknown = JSON.parse(readFileSync(new URL('fixtures/metrics.json', import.meta.url), 'utf8'));
if (!Array.isArray(parsed) || !parsed.every(isCase))
  throw new Error('fixtures/metrics.json: not a list of cases');
const fixture: readonly Case[] = parsed;

/** The answer in the fixture, where null stands for undefined. */
function expected(theCase: Case, metric: string): number {
  const value = theCase[metric];
  if (value === null) return NaN;
  if (typeof value !== 'number') throw new Error(`the fixture lacks ${metric}`);
  return value;
}

const byKind: Record<Case['kind'], [string, Metric][]> = {
  binary: [
    ['accuracy', accuracy],
    ['f1', f1],
    ['matthews_correlation', matthewsCorrelation],
  ],
  regression: [
    ['pearson', pearson],
    ['spearman', spearman],
  ],
};

describe('scikit-learn and SciPy', () => {
  it('fixture holds 19 binary and 8 regression cases', () => {
    expect(fixture.filter(({ kind }) => kind === 'binary')).toHaveLength(19);
    expect(fixture.filter(({ kind }) => kind === 'regression')).toHaveLength(8);
  });

  it.each(
    fixture.flatMap((theCase, i) =>
      byKind[theCase.kind].map(([name, metric]) => [name, i, theCase, metric] as const),
    ),
  )('%s of case %i', (name, _, theCase, metric) => {
    const value = metric(theCase.predictions, theCase.labels);
    const answer = expected(theCase, name);
    if (Number.isNaN(answer)) expect(value).toBeNaN();
    else expect(Math.abs(value - answer)).toBeLessThan(1e-12);
  });
});

describe('degenerate input', () => {
  it.each([
    ['constant predictions', [0.1, 0.1, 0.1], [1, 2, 3]],
    ['constant labels', [1, 2, 3], [0.7, 0.7, 0.7]],
    ['one example', [1], [1]],
    ['a NaN', [1, NaN, 3], [1, 2, 3]],
    ['nothing but NaN', [NaN, NaN], [1, 2]],
  ])('correlations with %s are undefined', (_, predictions, labels) => {
    expect(pearson(predictions, labels)).toBeNaN();
    expect(spearman(predictions, labels)).toBeNaN();
  });

  it('F1 and Matthews are 0 where one class is all there is', () => {
    expect(f1([0, 0], [0, 0])).toBe(0);
    expect(matthewsCorrelation([1, 1], [1, 1])).toBe(0);
    expect(matthewsCorrelation([1, 1], [0, 1])).toBe(0);
  });
});

const pairs = fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { minLength: 2, maxLength: 40 });
const columns = (rows: readonly (readonly [number, number])[]): [number[], number[]] => [
  rows.map(([a]) => a),
  rows.map(([, b]) => b),
];

describe('invariants', () => {
  it('correlations are symmetric, bounded, and blind to a rising linear change', () => {
    fc.assert(
      fc.property(pairs, (rows) => {
        const [a, b] = columns(rows);
        for (const metric of [pearson, spearman]) {
          const value = metric(a, b);
          const others = [
            metric(b, a),
            metric(
              a.map((x) => 3 * x - 7),
              b,
            ),
            -metric(
              a.map((x) => -x),
              b,
            ),
          ];
          for (const other of others) {
            if (Number.isNaN(value)) expect(other).toBeNaN();
            else expect(other).toBeCloseTo(value, 12);
          }
          if (!Number.isNaN(value)) expect(Math.abs(value)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('Spearman is blind to any rising change', () => {
    fc.assert(
      fc.property(pairs, (rows) => {
        const [a, b] = columns(rows);
        expect(
          spearman(
            a.map((x) => Math.exp(x / 4)),
            b,
          ),
        ).toBe(spearman(a, b));
      }),
    );
  });

  it('Matthews equals the Pearson correlation of the indicators, for two classes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1), fc.nat(1)), { minLength: 2, maxLength: 40 }), (rows) => {
        const [a, b] = columns(rows);
        const correlation = pearson(a, b);
        expect(matthewsCorrelation(a, b)).toBeCloseTo(Number.isNaN(correlation) ? 0 : correlation, 12);
      }),
    );
  });

  it('Matthews of three classes does not change when the classes are renamed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 40 }), (rows) => {
        const [a, b] = columns(rows);
        const rename = (x: number): number => (x + 1) % 3;
        expect(matthewsCorrelation(a.map(rename), b.map(rename))).toBeCloseTo(matthewsCorrelation(a, b), 12);
        expect(matthewsCorrelation(a, a)).toBe(new Set(a).size > 1 ? 1 : 0);
      }),
    );
  });
});

describe('computeMetrics', () => {
  it.each([
    ['cola', 'matthews_correlation', ['matthews_correlation', 'accuracy']],
    ['sst2', 'accuracy', ['accuracy']],
    ['mrpc', 'accuracy', ['accuracy', 'f1']],
    ['rte', 'accuracy', ['accuracy']],
    ['qnli', 'accuracy', ['accuracy']],
    ['wnli', 'accuracy', ['accuracy']],
  ])('of %s reports %s first', (name, primary, all) => {
    const values = computeMetrics(findTask(name), [1, 0, 1, 1], [1, 0, 0, 1]);
    const known: Record<string, number> = {
      accuracy: 3 / 4,
      f1: 4 / 5,
      matthews_correlation: 1 / Math.sqrt(3),
    };
    expect(Object.keys(values.all)).toEqual(all);
    for (const [metric, value] of Object.entries(values.all))
      expect(value).toBeCloseTo(known[metric] ?? NaN, 14);
    expect(values.primary).toEqual({ name: primary, value: Object.values(values.all)[0] });
  });

  it('of stsb reports Pearson first, and takes typed arrays', () => {
    const values = computeMetrics(findTask('stsb'), Float32Array.of(1, 2, 4), Float64Array.of(0, 1, 2));
    expect(values.primary).toEqual({ name: 'pearson', value: values.all.pearson });
    expect(values.all.pearson).toBeCloseTo(3 / Math.sqrt((2 * 14) / 3), 12);
    expect(values.all.spearman).toBeCloseTo(1, 12);
  });

  const stsb = findTask('stsb');
  it.each<[string, Task, number[], number[], string]>([
    ['nothing', stsb, [], [], 'at least one; received 0 predictions and 0 labels'],
    ['lists of two lengths', stsb, [1], [1, 2], 'received 1 predictions and 2 labels'],
    [
      'a class that is not there',
      findTask('sst2'),
      [0, 2],
      [0, 1],
      'predictions to be class indices 0..1; entry 1 is 2',
    ],
    ['a fraction of a class', findTask('sst2'), [0.5], [0], 'class indices 0..1; entry 0 is 0.5'],
    [
      'a label that is not there',
      findTask('sst2'),
      [0],
      [-1],
      'labels to be class indices 0..1; entry 0 is -1',
    ],
  ])('refuses %s', (_, task, predictions, labels, message) => {
    expect(() => computeMetrics(task, predictions, labels)).toThrow(GlueError);
    expect(() => computeMetrics(task, predictions, labels)).toThrow(message);
  });
});
