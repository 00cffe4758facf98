/** Data of one's own: what kind of task it is, which classes it has, and what is refused. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GlueError, loadTask } from '../src/index.js';

let root = '';
let folders = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'own-'));
});
afterAll(() => rm(root, { recursive: true }));

async function folder(train: string, dev = train): Promise<string> {
  const directory = join(root, `own-${folders++}`);
  await mkdir(directory);
  await writeFile(join(directory, 'train.tsv'), train);
  await writeFile(join(directory, 'dev.tsv'), dev);
  return directory;
}
const labelled = (...labels: string[]): string =>
  `sentence\tlabel\n${labels.map((label) => `A.\t${label}\n`).join('')}`;

describe('data of one’s own', () => {
  it('is a classification named for its folder, its classes those of the train set in order', async () => {
    const directory = await folder(labelled('pear', 'apple', 'pear', 'Fig'), labelled('apple', 'Fig'));
    const { task, train, dev } = await loadTask({ directory });
    expect(task).toEqual({
      name: basename(directory),
      folder: basename(directory),
      kind: 'classification',
      labels: ['Fig', 'apple', 'pear'],
      labelTexts: ['Fig', 'apple', 'pear'],
      columns: { text: 'sentence', label: 'label' },
      metrics: ['accuracy'],
    });
    expect(train.map(({ label }) => label)).toEqual([2, 1, 2, 0]);
    expect(dev).toEqual([
      { text: 'A.', label: 1, line: 2 },
      { text: 'A.', label: 0, line: 3 },
    ]);
  });

  it('takes another name, and a folder given with a slash at its end', async () => {
    const directory = await folder(labelled('0', '1'));
    expect((await loadTask({ directory, name: 'mine' })).task.name).toBe('mine');
    expect((await loadTask({ directory: `${directory}/` })).task.name).toBe(basename(directory));
  });

  it('orders whole numbers by value', async () => {
    const { task } = await loadTask({ directory: await folder(labelled('10', '9', '-1', '10')) });
    expect(task.kind === 'classification' && task.labels).toEqual(['-1', '9', '10']);
  });

  it('may be about pairs, and may hold other columns', async () => {
    const text = 'id\tsentence2\tnote\tsentence1\tlabel\n7\tB.\t\tA.\tyes\n8\tD.\t\tC.\tno\n';
    const { task, train } = await loadTask({ directory: await folder(text) });
    expect(task.columns).toEqual({ text: 'sentence1', pair: 'sentence2', label: 'label' });
    expect(train).toEqual([
      { text: 'A.', pair: 'B.', label: 1, line: 2 },
      { text: 'C.', pair: 'D.', label: 0, line: 3 },
    ]);
  });

  it.each<[what: string, text: string, kind: string]>([
    ['labels of 0 and 1', labelled('0', '1'), 'classification'],
    ['ratings of 1 to 5', labelled('1', '2', '3', '4', '5'), 'classification'],
    ['whole numbers written as decimals', labelled('1.0', '2.0'), 'classification'],
    ['one number among names', labelled('1.5', 'good'), 'classification'],
    ['numbers, one of them not whole', labelled('1', '2.5', '-1e-3'), 'regression'],
    ['a score column', 'sentence\tscore\nA\t1\nB\t2\n', 'regression'],
  ])('with %s: %s', async (_, text, kind) => {
    expect((await loadTask({ directory: await folder(text) })).task.kind).toBe(kind);
  });

  it('may be told which kind it is', async () => {
    const ratings = await folder(labelled('1', '5', '2'));
    const { task, train } = await loadTask({ directory: ratings, kind: 'regression' });
    expect(task.metrics).toEqual(['pearson', 'spearman']);
    expect(train.map(({ label }) => label)).toEqual([1, 5, 2]);
    const versions = await folder(labelled('0.2', '0.1'));
    const classes = await loadTask({ directory: versions, kind: 'classification' });
    expect(classes.train.map(({ label }) => label)).toEqual([1, 0]);
  });

  it('reads dev alone with the classes of train', async () => {
    const directory = await folder(labelled('a', 'b', 'c'), labelled('c'));
    const { train, dev } = await loadTask({ directory, splits: ['dev'] });
    expect([train, dev.map(({ label }) => label)]).toEqual([[], [2]]);
  });
});

describe('refused:', () => {
  it.each<[what: string, train: string, dev: string, file: string, message: string]>([
    [
      'a dev label that train lacks',
      labelled('a', 'b'),
      labelled('a', 'c'),
      'dev.tsv',
      ' line 3, column "label": expected one of "a", "b"; received "c"',
    ],
    [
      'a single class',
      labelled('a', 'a'),
      labelled('a'),
      'train.tsv',
      ', column "label": expected at least two different labels; received only "a"',
    ],
    [
      'an empty label',
      labelled('a', ''),
      labelled('a'),
      'train.tsv',
      ' line 3, column "label": expected a label; received nothing',
    ],
    [
      'no usable header',
      'text\tlabel\nA\t1\n',
      labelled('a'),
      'train.tsv',
      ' line 1: expected a header with "sentence" (or "sentence1" and "sentence2") and "label" (or "score"); received "text", "label"',
    ],
    [
      'a score in words',
      'sentence\tscore\nA\t1\nB\tlow\n',
      labelled('a'),
      'train.tsv',
      ' line 3, column "score": expected a number; received "low"',
    ],
    [
      'a sentence column twice',
      'sentence\tlabel\tsentence\nA\ta\tA\nB\tb\tB\n',
      labelled('a'),
      'train.tsv',
      ' line 1: expected one column "sentence"; received two',
    ],
  ])('%s', async (_, train, dev, file, message) => {
    const directory = await folder(train, dev);
    const load = loadTask({ directory });
    await expect(load).rejects.toThrow(GlueError);
    await expect(load).rejects.toThrow(join(directory, file) + message);
  });

  it('scores in words when told that labels are scores', async () => {
    const load = loadTask({ directory: await folder(labelled('a', 'b')), kind: 'regression' });
    await expect(load).rejects.toThrow('line 2, column "label": expected a number; received "a"');
  });

  it('a folder that is not there, or holds no train.tsv', async () => {
    const nowhere = join(root, 'nowhere');
    await expect(loadTask({ directory: nowhere })).rejects.toThrow(
      `loadTask: expected a folder at ${nowhere}; there is none`,
    );
    const file = join(await folder(labelled('a', 'b')), 'train.tsv');
    await expect(loadTask({ directory: file })).rejects.toThrow(
      `loadTask: expected a folder at ${file}, with train.tsv and dev.tsv; it is a file`,
    );
    await expect(loadTask({ directory: root })).rejects.toThrow(
      `loadTask: expected a file at ${join(root, 'train.tsv')}; there is none`,
    );
  });
});
