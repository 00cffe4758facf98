/** Every JavaScript snippet of every README runs as it stands, after a build, in a folder that holds the repository's own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');

const readmes = [
  'README.md',
  ...['packages', 'apps', 'examples'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(group, name, 'README.md')),
  ),
];

/** The fenced blocks of a language; those that call for something the reader brings say so in the fence's info string. */
function snippets(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(/^```(?:js|ts)\n(.*?)^```/gms)].map(([, code]) => code ?? '');
}

describe.each(readmes)('%s', (path) => {
  const found = snippets(path);

  it('has a runnable snippet if it describes a package', () => {
    if (path.startsWith('packages')) expect(found.length).toBeGreaterThan(0);
    else expect(readFileSync(join(root, path), 'utf8')).toContain('```sh');
  });

  found.forEach((code, index) => {
    it(`runs snippet ${index + 1}`, () => {
      // In the root, where all packages resolve; the name keeps parallel tests apart.
      const file = join(root, `.snippet-${path.replaceAll(/\W/g, '-')}-${index}.mjs`);
      const folder = mkdtempSync(join(tmpdir(), 'ggm-peft-snippet-'));
      for (const name of ['apps', 'fixtures', 'packages']) symlinkSync(join(root, name), join(folder, name));
      writeFileSync(file, code);
      try {
        const { status, stderr } = spawnSync(process.execPath, [file], {
          cwd: folder,
          encoding: 'utf8',
          env: { ...process.env, NODE_OPTIONS: '' },
        });
        expect({ status, stderr }).toEqual({ status: 0, stderr: status === 0 ? stderr : '' });
      } finally {
        rmSync(file, { force: true });
        rmSync(folder, { recursive: true });
      }
    });
  });
});
