/** The core in a browser: it bundles without Node's modules, stays small, and computes what Node computes. */
import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Matrix } from '@ggm-peft/linalg';
import { build, type BuildResult } from 'esbuild';
import { fitGgm, l1Penalty } from '../src/index.js';
import { edges } from '../src/reading/edges.js';

const root = join(import.meta.dirname, '..');

/** Limits a little above what was measured; see the test that prints the sizes. */
const MOST_BYTES = { minified: 119_500, gzipped: 46_500 };

async function bundle(code: string): Promise<BuildResult<{ write: false; metafile: true }>> {
  return build({
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
}

function textOf({ outputFiles }: BuildResult<{ write: false }>): string {
  return outputFiles.map(({ text }) => text).join('');
}

describe('the core bundled for browsers', () => {
  let everything: BuildResult<{ write: false; metafile: true }>;

  beforeAll(async () => {
    everything = await bundle(`import * as ggm from './src/index.ts'; globalThis.ggm = ggm;`);
  });

  it('needs no module of Node’s and none of the plotting and command-line libraries', () => {
    const inputs = Object.keys(everything.metafile.inputs);
    expect(inputs.length).toBeGreaterThan(20);
    const foreign = inputs.filter((path) => /node_modules\/(?!(\.pnpm\/)?(pure-rand|leven))/.test(path));
    expect(foreign).toEqual([]);
    const external = Object.values(everything.metafile.inputs)
      .flatMap(({ imports }) => imports)
      .filter((each) => each.external === true);
    expect(external).toEqual([]);
    expect(textOf(everything)).not.toMatch(/\brequire\(|["']node:/);
  });

  it('has pictures that need no module of Node’s either', async () => {
    const pictures = await bundle(
      `import * as pictures from './src/pictures/index.ts'; globalThis.pictures = pictures;`,
    );
    expect(Object.keys(pictures.metafile.inputs).some((path) => path.includes('/vega/'))).toBe(true);
    expect(textOf(pictures)).not.toMatch(/["']node:/);
  });

  it('would be told that Node’s modules cannot be bundled', async () => {
    await expect(
      bundle(`import { readFileSync } from 'node:fs'; console.log(readFileSync);`),
    ).rejects.toThrow('Could not resolve "node:fs"');
  });

  it(`is at most ${MOST_BYTES.minified} bytes minified, ${MOST_BYTES.gzipped} gzipped`, () => {
    const text = textOf(everything);
    const sizes = { minified: Buffer.byteLength(text), gzipped: gzipSync(text, { level: 9 }).length };
    process.stdout.write(`@ggm-peft/ggm: ${sizes.minified} bytes minified, ${sizes.gzipped} gzipped\n`);
    expect(sizes.minified).toBeLessThanOrEqual(MOST_BYTES.minified);
    expect(sizes.gzipped).toBeLessThanOrEqual(MOST_BYTES.gzipped);
  });
});

const chromium = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
  .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
const inBrowser = chromium === undefined ? it.skip : it;

/** S with two blocks, and a little between them. */
const covariance = [
  [1, 0.5, 0.3, 0.02],
  [0.5, 1, 0.4, 0.01],
  [0.3, 0.4, 1, 0.15],
  [0.02, 0.01, 0.15, 1],
];

describe('the core in Chromium', () => {
  inBrowser(
    `fits as in Node${chromium === undefined ? ' (skipped: no chromium on the PATH)' : ''}`,
    async () => {
      const page = await bundle(`
        import { Matrix } from '@ggm-peft/linalg';
        import { fitGgm, l1Penalty } from './src/index.ts';
        import { edges } from './src/reading/edges.ts';
        try {
          const covariance = Matrix.from(${JSON.stringify(covariance)});
          const fit = fitGgm({ covariance, tau: 0.1, penalty: l1Penalty(), structure: 'entries' });
          const answer = { status: fit.status, omega: Array.from(fit.omega.data), edges: edges(fit), node: typeof process };
          document.body.textContent = JSON.stringify(answer);
        } catch (error) {
          document.body.textContent = JSON.stringify({ error: String(error) });
        }
      `);
      const folder = mkdtempSync(join(tmpdir(), 'ggm-browser-'));
      try {
        const path = join(folder, 'page.html');
        writeFileSync(path, `<!doctype html><meta charset="utf-8"><body><script>${textOf(page)}</script>`);
        const { stdout } = await promisify(execFile)(chromium ?? '', [
          '--headless',
          '--no-sandbox',
          '--disable-gpu',
          `--user-data-dir=${join(folder, 'profile')}`,
          '--dump-dom',
          `file://${path}`,
        ]);
        const [, shown = '{}'] = /<body>(.*)<\/body>/s.exec(stdout) ?? [];
        const answer: unknown = JSON.parse(shown);
        const here = fitGgm({
          covariance: Matrix.from(covariance),
          tau: 0.1,
          penalty: l1Penalty(),
          structure: 'entries',
        });
        expect(answer).toEqual({
          status: 'converged',
          omega: Array.from(here.omega.data),
          edges: edges(here),
          node: 'undefined',
        });
        expect(edges(here)).toHaveLength(4);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
