/** The command `ggm fit`, run in this process on examples/wine and on small tables; and its built program once. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Matrix } from '@ggm-peft/linalg';
import { parse } from 'csv-parse/sync';
import { pathProgress } from '../src/command/progress.js';
import { run } from '../src/command/run.js';
import { edges } from '../src/reading/edges.js';
import { gaussianNumbers } from './random-problem.js';
import { golden } from './golden.js';

const root = join(import.meta.dirname, '..');
const wine = join(root, 'examples', 'wine', 'wine.csv');

let folder: string;
let out: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ggm-command-'));
  out = join(folder, 'graph');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function ggm(...args: string[]): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  const code = await run(args, {
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    now: () => 0,
    version: '1.2.3',
  });
  return { code, ...said };
}

async function fitWine(...args: string[]): Promise<Ended> {
  return ggm('fit', wine, '--exclude', 'cultivar', '--out', out, ...args);
}

function written(name: string): string {
  return readFileSync(join(out, name), 'utf8');
}

function rowsOf(csv: string): string[][] {
  return parse(csv);
}

/** A matrix file without its names. */
function matrixOf(name: string): Matrix {
  return Matrix.from(
    rowsOf(written(name))
      .slice(1)
      .map((row) => row.slice(1).map(Number)),
  );
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** A table of n rows in which column b follows a, and c nothing. */
function smallTable(n = 40): string[][] {
  const normal = gaussianNumbers(3);
  return Array.from({ length: n }, () => {
    const a = normal();
    return [a, a + 0.5 * normal(), normal()].map(String);
  });
}

function writeTable(rows: readonly (readonly string[])[], header = 'a,b,c'): string {
  const path = join(folder, 'data.csv');
  writeFileSync(path, [header, ...rows.map((row) => row.join(','))].join('\n'));
  return path;
}

const everyFile = [
  'edges.csv',
  'fit.json',
  'graph.graphml',
  'graph.svg',
  'heat-map.svg',
  'partial-correlations.csv',
  'precision.csv',
  'report.md',
];

describe('ggm fit on examples/wine', () => {
  it.each(['0.05', '0.1', '0.3'])('gives scikit-learn’s graphical lasso at tau %s', async (tau) => {
    const theirs = golden('wine-graphical-lasso.json');
    const { code, stderr } = await fitWine('--tau', tau, '--tolerance', '1e-8');
    expect([code, stderr]).toEqual([0, '']);
    const precision = matrixOf('precision.csv');
    const expected = theirs.matrix('cases', tau, 'precision');
    precision.data.forEach((value, k) => {
      expect(Math.abs(value - (expected.data[k] ?? Number.NaN))).toBeLessThan(1e-6);
    });
    const answer: unknown = JSON.parse(written('fit.json'));
    expect(fieldOf(answer, 'objective')).toBeCloseTo(theirs.number('cases', tau, 'objective'), 9);
    expect(rowsOf(written('edges.csv'))).toHaveLength(1 + theirs.number('cases', tau, 'edges'));
  });

  it('writes all files, and they agree', async () => {
    const { code, stdout } = await fitWine('--penalty', 'lp', '--p', '0.5');
    expect(code).toBe(0);
    expect(readdirSync(out).sort()).toEqual(everyFile);
    const answer: unknown = JSON.parse(written('fit.json'));
    const count = Number(fieldOf(fieldOf(answer, 'graph'), 'edges'));
    expect(count).toBeGreaterThan(5);
    expect(count).toBeLessThan(40); // the graphical lasso has more
    expect(stdout).toContain(`Graph   ${count} edges between 13 nodes`);

    const [header, ...listed] = rowsOf(written('edges.csv'));
    expect(header).toEqual(['from', 'to', 'partial_correlation', 'precision']);
    const fromMatrix = edges(matrixOf('precision.csv'));
    expect(listed.map(([, , partial]) => Number(partial))).toEqual(
      fromMatrix.map(({ partialCorrelation }) => partialCorrelation),
    );
    expect([...written('graph.graphml').matchAll(/<edge /g)]).toHaveLength(count);
    expect([...written('graph.svg').matchAll(/<line /g)]).toHaveLength(count + 6);
    const partial = matrixOf('partial-correlations.csv');
    expect(partial.data.filter((value) => value !== 0)).toHaveLength(13 + 2 * count);
    const report = written('report.md');
    expect(report).toContain(
      `13 nodes, ${count} edges (${((100 * count) / 78).toFixed(1)} % of the possible ones)`,
    );
    expect(report).toMatch(/\| total phenols \| flavanoids \| 0\.\d{3} \|/);
    expect(report).toMatch(new RegExp(`\\| [\\d.]+ \\| ${count} \\| [\\d.]+ \\| chosen \\|`));
  });

  it('says what examples/wine/README.md says', async () => {
    const readme = readFileSync(join(root, 'examples', 'wine', 'README.md'), 'utf8');
    const [, args = '', shown = ''] =
      /npx @ggm-peft\/ggm fit wine\.csv --exclude cultivar (.*) --out graph\n```\n+```\n(.*?)\n```/s.exec(
        readme,
      ) ?? [];
    const { stdout } = await fitWine(...args.split(' '));
    expect(stdout.split('\n').slice(0, 4)).toEqual(shown.split('\n'));
    const lasso = await fitWine('--overwrite');
    const [, edgeCount = ''] = /Graph {3}(\d+) edges/.exec(lasso.stdout) ?? [];
    expect(readme).toContain(`EBIC leads it to ${edgeCount} edges`);
    const judged = await fitWine('--overwrite', '--no-refit');
    const [, judgedCount = ''] = /Graph {3}(\d+) edges/.exec(judged.stdout) ?? [];
    expect(readme).toContain(`and to ${judgedCount} with \`--no-refit\``);
    const weak = await fitWine('--overwrite', '--tau', '0.3');
    const [, weakCount = ''] = /Graph {3}(\d+) edges/.exec(weak.stdout) ?? [];
    expect(readme).toContain(`here with ${weakCount} edges`);
  });

  it('says what the graph was chosen by, and refuses --no-refit where nothing is refitted', async () => {
    await fitWine();
    expect(written('report.md')).toContain('EBIC (γ = 0.25) of the graphs refitted without the penalty |');
    await fitWine('--overwrite', '--no-refit', '--select', 'bic');
    expect(written('report.md')).toContain('| chosen by | BIC |');
    const refused = await fitWine('--overwrite', '--no-refit', '--select', 'stars');
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('--no-refit belongs to --select ebic, bic or aic; got it with stars'),
    ]);
  });

  it('gives the same bytes again, also where chance has a part', async () => {
    await fitWine('--select', 'stars', '--seed', '7', '--taus', '8', '--ratio', '0.1');
    const first = everyFile.map(written);
    await fitWine('--select', 'stars', '--seed', '7', '--taus', '8', '--ratio', '0.1', '--overwrite');
    expect(everyFile.map(written)).toEqual(first);
  });

  it('shows the edges of the important nodes when there are some', async () => {
    const { code, stdout } = await fitWine(
      '--important',
      'proline,alcohol',
      '--penalty',
      'mcp',
      '--tau',
      '0.5',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('in the rows of the important nodes');
    const [, ...listed] = rowsOf(written('edges.csv'));
    expect(listed.length).toBeGreaterThan(2);
    for (const [from = '', to = ''] of listed)
      expect([from, to].some((name) => /proline|^alcohol$/.test(name))).toBe(true);
    expect(written('graph.svg')).toContain('important node');
    expect(written('report.md')).toContain('| important |');
  });

  it.each([
    [['--select', 'cv', '--taus', '6', '--ratio', '0.001'], 'cross-validated likelihood'],
    [
      ['--estimator', 'covariance', '--shrinkage', 'ledoit-wolf', '--tau', '5'],
      'covariance matrix, shrunk by',
    ],
    [['--shrinkage', '0.25', '--tau', '0.3'], 'correlation matrix, shrunk by 0.250'],
    [['--shrinkage', 'schaefer-strimmer', '--tau', '0.3'], 'correlation matrix, shrunk by 0.0'],
    [['--estimator', 'kendall', '--tau', '0.3'], "Kendall's rank correlation matrix"],
    [['--coupling', '1', '--tau', '0.3'], 'coupling 1'],
    [['--structure', 'columns', '--tau', '0.9'], 'on the columns without their diagonal'],
  ])('takes %j', async (args, words) => {
    const { code, stdout, stderr } = await fitWine(...args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(words);
    expect(readdirSync(out).sort()).toEqual(everyFile);
  });

  it('prints the answer as JSON when asked', async () => {
    const { stdout } = await fitWine('--tau', '0.3', '--json');
    expect(JSON.parse(stdout)).toEqual(JSON.parse(written('fit.json')));
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const answer: unknown = JSON.parse(stdout);
    expect(fieldOf(answer, 'status')).toBe('converged');
    expect(fieldOf(fieldOf(answer, 'settings'), 'coupling')).toBeNull();
    expect(fieldOf(fieldOf(answer, 'settings'), 'penalty')).toBe('l1');
  });

  it('says so when a fit did not converge', async () => {
    const { code, stderr } = await fitWine('--tau', '0.1', '--max-iterations', '1', '--tolerance', '1e-12');
    expect(code).toBe(0);
    expect(stderr).toContain('Not converged');
    expect(written('report.md')).toContain('The numbers below are provisional');
  });

  it('says so when the best tau is the last one tried', async () => {
    const { stderr } = await fitWine('--taus', '3', '--ratio', '0.5');
    expect(stderr).toContain('the smallest of the 3 tried: a smaller one may be better, lower --ratio.');
  });
});

describe('ggm fit on small tables', () => {
  it('reads missing values pairwise', async () => {
    const rows = smallTable().map(([a = '', b = '', c = ''], k) => [a, k === 3 ? 'NA' : b, k === 5 ? '' : c]);
    const path = writeTable(rows);
    const refused = await ggm('fit', path, '--out', out);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('data.csv: row 5, column "b": expected a number, got "NA"');
    const { code, stdout } = await ggm('fit', path, '--out', out, '--missing', 'pairwise');
    expect(code).toBe(0);
    expect(stdout).toContain('40 rows, 3 columns, 2 missing values; pairwise correlation matrix');
    expect(written('report.md')).toContain('38 at least; that number stands for n');
    expect(rowsOf(written('edges.csv'))[1]?.slice(0, 2)).toEqual(['a', 'b']);
  });

  it('keeps awkward names apart in every file', async () => {
    const path = writeTable(smallTable(), '"x, ""y""",<b> & c|d,変数');
    const { code } = await ggm('fit', path, '--out', out, '--tau', '0.01');
    expect(code).toBe(0);
    expect(rowsOf(written('edges.csv'))[1]?.slice(0, 2)).toEqual(['x, "y"', '<b> & c|d']);
    expect(written('graph.graphml')).toContain('&lt;b&gt; &amp; c|d');
    expect(written('report.md')).toContain('| x, "y" | \\<b\\> \\& c\\|d |');
  });

  it('reports a graph without edges', async () => {
    const { code, stdout } = await ggm('fit', writeTable(smallTable()), '--out', out, '--tau', '2');
    expect(code).toBe(0);
    expect(stdout).toContain('Graph   0 edges between 3 nodes; 3 components, 3 nodes without an edge');
    expect(written('report.md')).toContain('None.');
  });

  it.each<[string, string[][], string[], string]>([
    ['a text', [['1', 'x', '3']], [], 'data.csv: row 2, column "b": expected a number, got "x"'],
    [
      'too few rows',
      [
        ['1', '2', '3'],
        ['2', '3', '1'],
      ],
      [],
      'data.csv: must hold at least 3 rows below its header; got 2',
    ],
    [
      'a constant column',
      smallTable().map(([a = '', , c = '']) => [a, '7', c]),
      [],
      'data.csv: column "b" has the same value in every row; leave it out: --exclude "b"',
    ],
    ['an unknown column', smallTable(), ['--important', 'z'], '--important: data.csv has no column "z"'],
    ['a bad option', smallTable(), ['--tau', 'much'], '--tau must be a number at least 0; got "much"'],
    ['an unknown option', smallTable(), ['--tua', '1'], "unknown option '--tua'"],
    ['too many files', smallTable(), ['more.csv'], 'too many arguments'],
    [
      'a bounded penalty on fewer rows than columns can bear',
      smallTable().map(([a = '', b = '']) => [a, b, String(Number(a) + Number(b))]),
      ['--penalty', 'mcp', '--tau', '0.1'],
      'must be positive definite',
    ],
  ])('ends with code 2 on %s and writes nothing', async (_, rows, args, message) => {
    const { code, stdout, stderr } = await ggm('fit', writeTable(rows), '--out', out, ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(readdirSync(folder)).toEqual(['data.csv']);
  });

  it('names a column where the library names a node', async () => {
    const rows = smallTable().map(([a = '', b = '']) => [a, b, String(Number(a) + Number(b))]);
    const { stderr } = await ggm('fit', writeTable(rows), '--out', out, '--penalty', 'mcp', '--tau', '0.1');
    expect(stderr).toMatch(/column "[abc]"/);
    expect(stderr).not.toMatch(/\bnode \d/);
  });

  it('ends with code 2 on files that cannot be read', async () => {
    const missing = await ggm('fit', join(folder, 'none.csv'), '--out', out);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('none.csv: cannot be read')]);
    const path = join(folder, 'utf16.csv');
    writeFileSync(path, Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'));
    const encoded = await ggm('fit', path, '--out', out);
    expect([encoded.code, encoded.stderr]).toEqual([2, expect.stringContaining('must be UTF-8 text')]);
    expect(existsSync(out)).toBe(false);
  });

  it('does not overwrite unless told to, and says so before it begins', async () => {
    const path = writeTable(smallTable());
    await ggm('fit', path, '--out', out, '--tau', '0.1');
    const before = written('report.md');
    const refused = await ggm('fit', path, '--out', out, '--tau', '0.2');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('must not exist yet, or be empty; it holds 8 entries');
    expect(written('report.md')).toBe(before);
    expect((await ggm('fit', path, '--out', out, '--tau', '0.2', '--overwrite')).code).toBe(0);
    expect(written('report.md')).not.toBe(before);
  });
});

describe('ggm', () => {
  it('explains itself', async () => {
    const { code, stdout } = await ggm('fit', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Examples:\n  ggm fit wine.csv --exclude cultivar --out graph');
    for (const words of ['l1, lp, mcp, scad', 'ebic, bic, aic, cv, stars', 'lp p=0.5', '--overwrite']) {
      expect(stdout).toContain(words);
    }
    expect((await ggm('--version')).stdout).toBe('1.2.3\n');
  });

  it('is the program that the package names', async () => {
    const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const program = join(root, String(fieldOf(fieldOf(manifest, 'bin'), 'ggm')));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [program, 'fit', wine, '--exclude', 'cultivar', '--out', out, '--tau', '0.3'],
      { env: { ...process.env, NODE_OPTIONS: '' } },
    );
    expect(stdout).toContain('Graph   24 edges between 13 nodes');
    expect(readdirSync(out).sort()).toEqual(everyFile);
    const version = await promisify(execFile)(process.execPath, [program, '--version']);
    expect(version.stdout.trim()).toBe(String(fieldOf(manifest, 'version')));
  });
});

describe('pathProgress', () => {
  const point = { tau: 0.12345, edges: 7 };

  it('rewrites one line on a terminal and takes it away', () => {
    const lines: string[] = [];
    const progress = pathProgress({ isTTY: true, write: (text) => lines.push(text) }, () => 0);
    progress.report(point, { done: 1, total: 20 });
    progress.end();
    expect(lines).toEqual(['\r\u001b[Kfit 1 of 20: tau 0.123, 7 edges', '\r\u001b[K']);
  });

  it('writes a line every ten seconds elsewhere', () => {
    const lines: string[] = [];
    let time = 0;
    const progress = pathProgress({ write: (text) => lines.push(text) }, () => time);
    for (time = 0; time <= 25_000; time += 1000) progress.report(point, { done: 1 + time / 1000, total: 30 });
    progress.end();
    expect(lines).toEqual(['fit 11 of 30: tau 0.123, 7 edges\n', 'fit 21 of 30: tau 0.123, 7 edges\n']);
  });
});
