import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { writeNewFolder } from '../src/index.js';

let around: string;
beforeEach(async () => {
  around = await mkdtemp(join(tmpdir(), 'new-folder-'));
});
afterEach(async () => {
  await rm(around, { recursive: true });
});

describe('writeNewFolder', () => {
  it('makes the folder and its parents, and gives back what was made of it', async () => {
    const path = join(around, 'models', 'mine');
    const given = await writeNewFolder(path, async (draft) => {
      await writeFile(join(draft, 'file'), 'text');
      expect(await readdir(join(around, 'models'))).not.toContain('mine');
      return 7;
    });
    expect(given).toBe(7);
    expect(await readFile(join(path, 'file'), 'utf8')).toBe('text');
    expect(await readdir(join(around, 'models'))).toEqual(['mine']);
  });

  it('takes the place of an empty folder, and of no other', async () => {
    const path = join(around, 'there');
    await mkdir(path);
    await writeNewFolder(path, (draft) => writeFile(join(draft, 'precious'), 'first'));
    await expect(
      writeNewFolder(path, (draft) => writeFile(join(draft, 'precious'), 'second')),
    ).rejects.toThrow(`${path}: must not exist yet, or be empty; it holds 1 entries`);
    expect(await readFile(join(path, 'precious'), 'utf8')).toBe('first');
    await expect(writeNewFolder(join(path, 'precious'), () => Promise.resolve())).rejects.toThrow(
      'must be a folder that can be made',
    );
  });

  it('leaves nothing behind when it cannot be filled', async () => {
    const path = join(around, 'none');
    const failing = writeNewFolder(path, async (draft) => {
      await writeFile(join(draft, 'half'), 'text');
      throw new Error('disk full');
    });
    await expect(failing).rejects.toThrow('disk full');
    expect(await readdir(around)).toEqual([]);
  });

  it('keeps what came to lie there meanwhile', async () => {
    const path = join(around, 'raced');
    const late = writeNewFolder(path, async () => {
      await mkdir(path);
      await writeFile(join(path, 'other'), 'text');
    });
    await expect(late).rejects.toThrow();
    expect(await readdir(around)).toEqual(['raced']);
    expect(await readdir(path)).toEqual(['other']);
  });
});
