/**
 * The files as GLUE publishes them, all of them, and the project's own example task. They are not part of the repository:
 * the tests run where a folder `shared/data` lies beside it and are reported as skipped elsewhere.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { loadTask, loadTestTexts } from '../src/index.js';
import type { Example, Split } from '../src/index.js';

const data = fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const available = existsSync(data);
const run = available ? it.each : it.skip.each;
const suffix = available ? '' : ' (skipped: no shared/data beside the repository)';

const perClass = (examples: readonly Example[], classes: number): number[] =>
  Array.from({ length: classes }, (_, index) => examples.filter(({ label }) => label === index).length);

describe('published GLUE files', () => {
  run<[task: string, split: Split, counts: number[]]>([
    ['cola', 'train', [2528, 6023]],
    ['cola', 'dev', [322, 721]],
    ['sst2', 'train', [29780, 37569]],
    ['sst2', 'dev', [428, 444]],
    ['mrpc', 'train', [1194, 2474]],
    ['mrpc', 'dev', [129, 279]],
    ['rte', 'train', [1249, 1241]],
    ['rte', 'dev', [146, 131]],
    ['qnli', 'dev', [2702, 2761]],
    ['wnli', 'train', [323, 312]],
    ['wnli', 'dev', [40, 31]],
  ])(`%s %s: every row is read, in classes of %j${suffix}`, async (task, split, counts) => {
    const loaded = await loadTask({ directory: join(data, 'glue'), task, splits: [split] });
    expect(perClass(loaded[split], counts.length)).toEqual(counts);
    expect(loaded[split]).toHaveLength(counts.reduce((sum, count) => sum + count));
  });

  run<[split: Split, rows: number]>([
    ['train', 5749],
    ['dev', 1500],
  ])(`stsb %s: %i rows, scores of 0 to 5${suffix}`, async (split, rows) => {
    const loaded = await loadTask({ directory: join(data, 'glue'), task: 'stsb', splits: [split] });
    const scores = loaded[split].map(({ label }) => label);
    expect([scores.length, Math.min(...scores), Math.max(...scores)]).toEqual([rows, 0, 5]);
  });

  run([
    ['cola', 1063],
    ['mrpc', 1725],
    ['stsb', 1379],
    ['rte', 3000],
    ['qnli', 5463],
    ['wnli', 146],
  ])(`%s test: %i rows${suffix}`, async (task, rows) => {
    expect(await loadTestTexts({ directory: join(data, 'glue'), task })).toHaveLength(rows);
  });

  run([['austen-or-dickens']])(`%s: our own balanced task${suffix}`, async (name) => {
    const { task, train, dev } = await loadTask({ directory: join(data, name) });
    expect([task.name, task.kind]).toEqual([name, 'classification']);
    expect([perClass(train, 2), perClass(dev, 2)]).toEqual([
      [3000, 3000],
      [500, 500],
    ]);
  });
});
