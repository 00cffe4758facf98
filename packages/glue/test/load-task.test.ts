/** Each task's published layout in miniature, and every way in which a file or a request can be wrong. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findTask, GlueError, glueTasks, loadTask, loadTestTexts } from '../src/index.js';

let root = '';
let folders = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'glue-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A fresh folder with these files. */
async function folder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const directory = join(root, `case-${folders++}`);
  await mkdir(directory);
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return directory;
}

const stsHeader = 'index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n';
const stsRow = (score: string): string => `0\tg\tf\ty\t1\tn\tn\t"Left open.\tRight.\t${score}\n`;

describe('the published layouts', () => {
  it.each([
    [
      'cola',
      'gj04\t1\t\tA "quoted\ncj99\t0\t*\tB.\n',
      [
        ['A "quoted', undefined, 1, 1],
        ['B.', undefined, 0, 2],
      ],
    ],
    [
      'sst2',
      'sentence\tlabel\na film \t1\nbad \t0',
      [
        ['a film ', undefined, 1, 2],
        ['bad ', undefined, 0, 3],
      ],
    ],
    [
      'mrpc',
      '\uFEFFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t7\t8\t"Half a quote.\tOther.\n0\t7\t8\tC\tD"\n',
      [
        ['"Half a quote.', 'Other.', 1, 2],
        ['C', 'D"', 0, 3],
      ],
    ],
    [
      'stsb',
      stsHeader + stsRow('3.800') + stsRow('0'),
      [
        ['"Left open.', 'Right.', 3.8, 2],
        ['"Left open.', 'Right.', 0, 3],
      ],
    ],
    [
      'rte',
      'index\tsentence1\tsentence2\tlabel\n0\tA\tB\tnot_entailment\n1\tC\tD\tentailment\n',
      [
        ['A', 'B', 1, 2],
        ['C', 'D', 0, 3],
      ],
    ],
    [
      'qnli',
      'index\tquestion\tsentence\tlabel\r\n0\tWho?\tHe.\tentailment\r\n1\tC\tD\tnot_entailment\r\n\r\n',
      [
        ['Who?', 'He.', 0, 2],
        ['C', 'D', 1, 3],
      ],
    ],
    [
      'wnli',
      'index\tsentence1\tsentence2\tlabel\n0\tA\tB\t1\n1\tC\tD\t0\n',
      [
        ['A', 'B', 1, 2],
        ['C', 'D', 0, 3],
      ],
    ],
  ] as const)('%s', async (name, text, rows) => {
    const { folder: published } = findTask(name);
    const expected = rows.map(([first, pair, label, line]) =>
      pair === undefined ? { text: first, label, line } : { text: first, pair, label, line },
    );
    const glue = await folder({ [`${published}/train.tsv`]: text, [`${published}/dev.tsv`]: text });
    // From GLUE's root and from the task's own folder.
    for (const directory of [glue, join(glue, published)]) {
      const loaded = await loadTask({ directory, task: name });
      expect(loaded.task).toBe(findTask(name));
      expect(loaded.train).toEqual(expected);
      expect(loaded.dev).toEqual(expected);
    }
  });

  it('cola with a header is read by its names', async () => {
    const directory = await folder({ 'dev.tsv': 'label\tsentence\n1\tA.\n' });
    const { train, dev } = await loadTask({ directory, task: 'cola', splits: ['dev'] });
    expect(train).toEqual([]);
    expect(dev).toEqual([{ text: 'A.', label: 1, line: 2 }]);
  });

  it('test files have texts and no labels', async () => {
    const directory = await folder({
      'CoLA/test.tsv': 'index\tsentence\n0\tA.\n',
      'MRPC/test.tsv': 'index\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t1\t2\tA\tB\n',
    });
    expect(await loadTestTexts({ directory, task: 'cola' })).toEqual([{ text: 'A.', line: 2 }]);
    expect(await loadTestTexts({ directory, task: 'mrpc' })).toEqual([{ text: 'A', pair: 'B', line: 2 }]);
  });
});

describe('a malformed file', () => {
  it.each<[what: string, task: string, text: string | Uint8Array, message: string]>([
    ['empty', 'sst2', '', ': expected rows; the file is empty'],
    ['only a header', 'sst2', 'sentence\tlabel\n', ': expected rows after the header; received none'],
    [
      'no header',
      'sst2',
      'fine\t1\n',
      ' line 1: expected a header with "sentence", "label"; received "fine", "1"',
    ],
    [
      'another header',
      'rte',
      'index\tquestion\tsentence\tlabel\n',
      ' line 1: expected a header with "sentence1", "sentence2", "label"',
    ],
    [
      'a column twice',
      'sst2',
      'sentence\tlabel\tlabel\nA\t1\t0\n',
      ' line 1: expected one column "label"; received two',
    ],
    [
      'too few columns',
      'sst2',
      'sentence\tlabel\nA\t1\nB\n',
      ' line 3: expected 2 columns (sentence, label); received 1',
    ],
    [
      'too many columns',
      'sst2',
      'sentence\tlabel\nA\tB\t1\n',
      ' line 2: expected 2 columns (sentence, label); received 3',
    ],
    [
      'a blank line inside',
      'sst2',
      'sentence\tlabel\nA\t1\n\nB\t1\n',
      ' line 3: expected 2 columns (sentence, label); received 1',
    ],
    [
      'an unknown label',
      'sst2',
      'sentence\tlabel\nA\t2\n',
      ' line 2, column "label": expected one of "0", "1"; received "2"',
    ],
    [
      'an empty label',
      'sst2',
      'sentence\tlabel\nA\t\n',
      ' line 2, column "label": expected one of "0", "1"; received ""',
    ],
    [
      'an unknown label',
      'rte',
      'sentence1\tsentence2\tlabel\nA\tB\tno\n',
      ' line 2, column "label": expected one of "entailment", "not_entailment"; received "no"',
    ],
    [
      'an empty sentence',
      'sst2',
      'sentence\tlabel\n \t1\n',
      ' line 2, column "sentence": expected a sentence; received " "',
    ],
    [
      'an empty second sentence',
      'rte',
      'sentence1\tsentence2\tlabel\nA\t\tentailment\n',
      ' line 2, column "sentence2": expected a sentence; received ""',
    ],
    [
      'a score in words',
      'stsb',
      stsHeader + stsRow('high'),
      ' line 2, column "score": expected a number in 0..5; received "high"',
    ],
    [
      'no score',
      'stsb',
      stsHeader + stsRow(''),
      ' line 2, column "score": expected a number in 0..5; received ""',
    ],
    [
      'a score in hexadecimal',
      'stsb',
      stsHeader + stsRow('0x1'),
      ' line 2, column "score": expected a number in 0..5; received "0x1"',
    ],
    [
      'a score too high',
      'stsb',
      stsHeader + stsRow('5.01'),
      ' line 2, column "score": expected a number in 0..5; received "5.01"',
    ],
    [
      'an infinite score',
      'stsb',
      stsHeader + stsRow('1e999'),
      ' line 2, column "score": expected a number in 0..5; received "1e999"',
    ],
    [
      'a row short of a column',
      'cola',
      'gj04\t1\t\tA.\ngj04\t1\tA.\n',
      ' line 2: expected 4 columns (source, label, original_label, sentence); received 3',
    ],
    [
      'an unknown label',
      'cola',
      'gj04\tyes\t\tA.\n',
      ' line 1, column "label": expected one of "0", "1"; received "yes"',
    ],
    ['no UTF-8', 'sst2', Uint8Array.of(0xff, 0xfe, 0x41), ': expected UTF-8 text; received other bytes'],
  ])('with %s (%s) is one error that says where', async (_, task, text, message) => {
    const directory = await folder({ 'dev.tsv': text });
    const load = loadTask({ directory, task, splits: ['dev'] });
    await expect(load).rejects.toThrow(GlueError);
    await expect(load).rejects.toThrow(join(directory, 'dev.tsv') + message);
  });

  it('may be a folder', async () => {
    const directory = await folder({ 'dev.tsv/inside': '' });
    await expect(loadTask({ directory, task: 'sst2', splits: ['dev'] })).rejects.toThrow('cannot read');
  });
});

describe('a wrong request', () => {
  it('for an unknown task names the known ones and the nearest', () => {
    expect(() => findTask('sst3')).toThrow(GlueError);
    expect(() => findTask('sst3')).toThrow(
      'findTask: unknown task "sst3"; did you mean "sst2"? Known: cola, sst2, mrpc, stsb, rte, qnli, wnli',
    );
    expect(() => findTask('COLE')).toThrow('did you mean "cola"?');
  });

  it('for a missing split names the file', async () => {
    const directory = await folder({ 'QNLI/dev.tsv': 'question\tsentence\tlabel\nA\tB\tentailment\n' });
    await expect(loadTask({ directory, task: 'qnli' })).rejects.toThrow(
      `qnli: expected a file at ${join(directory, 'QNLI', 'train.tsv')}; there is none`,
    );
    await expect(loadTestTexts({ directory, task: 'qnli' })).rejects.toThrow(
      `qnli: expected a file at ${join(directory, 'QNLI', 'test.tsv')}; there is none`,
    );
    expect((await loadTask({ directory, task: 'qnli', splits: ['dev'] })).dev).toHaveLength(1);
  });

  it('for a folder without the task says where it looked', async () => {
    const directory = await folder({ 'readme.txt': '' });
    await expect(loadTask({ directory, task: 'rte' })).rejects.toThrow(
      `loadTask: expected the rte data in ${join(directory, 'RTE')} or in ${directory} itself`,
    );
  });

  it('with a misspelt option names the nearest', async () => {
    const options = { directory: root, taks: 'rte' };
    await expect(loadTask(options)).rejects.toThrow('loadTask: unknown option "taks"; did you mean "task"?');
  });

  it('for labels of the test part points to loadTestTexts', async () => {
    const request: unknown = Reflect.apply(loadTask, undefined, [
      { directory: root, task: 'rte', splits: ['test'] },
    ]);
    await expect(request).rejects.toThrow('received "test" (the test part has no labels: see loadTestTexts)');
  });

  it('with a name or kind for a GLUE task is refused', async () => {
    await expect(loadTask({ directory: root, task: 'rte', kind: 'regression' })).rejects.toThrow(
      'loadTask: "kind" is for data of one\'s own; received it with task "rte"',
    );
  });
});

describe('findTask', () => {
  it.each(['SST-2', 'sst-2', 'SST2', 'sst2'])('knows %s', (name) => {
    expect(findTask(name).name).toBe('sst2');
  });

  it('knows every task by its name and by its folder', () => {
    for (const task of glueTasks) expect([findTask(task.name), findTask(task.folder)]).toEqual([task, task]);
    expect(new Set(glueTasks.map(({ name }) => name)).size).toBe(7);
  });
});
