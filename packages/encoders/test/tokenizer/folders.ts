/** Folders that hold the files of a tokenizer, gone after the test file. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';

export type Files = Readonly<Record<string, string>>;

/** Call once a file; @returns a function that writes files into a new folder and gives its path */
export function tokenizerFolders(): (files: Files) => Promise<string> {
  let root = '';
  let count = 0;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tokenizer-'));
  });
  afterAll(() => rm(root, { recursive: true }));
  return async (files) => {
    const directory = join(root, `case-${count++}`);
    await mkdir(directory);
    for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
    return directory;
  };
}
