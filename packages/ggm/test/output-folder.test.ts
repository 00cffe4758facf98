import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { requireFree, writeFolder } from '../src/command/output-folder.js';
import { UserError } from '../src/command/user-error.js';

let folder: string;
let out: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ggm-output-'));
  out = join(folder, 'answer');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const files = { 'a.txt': 'one', 'b.txt': 'two' };

describe('writeFolder', () => {
  it('writes all files and leaves nothing else behind', () => {
    writeFolder(out, files, false);
    expect(readdirSync(folder)).toEqual(['answer']);
    expect(readdirSync(out).sort()).toEqual(['a.txt', 'b.txt']);
    expect(readFileSync(join(out, 'b.txt'), 'utf8')).toBe('two');
  });

  it('makes the folders above, and takes an empty one', () => {
    writeFolder(join(folder, 'x', 'y', 'z'), files, false);
    expect(readdirSync(join(folder, 'x', 'y'))).toEqual(['z']);
    mkdirSync(out);
    writeFolder(out, files, false);
    expect(readdirSync(out)).toHaveLength(2);
  });

  it('writes nothing where a file cannot be written', () => {
    const impossible = { ...files, 'no/such/folder.txt': 'three' };
    expect(() => {
      writeFolder(out, impossible, false);
    }).toThrow(`--out ${out}: cannot be written`);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps what was there when it fails', () => {
    writeFolder(out, files, false);
    expect(() => {
      writeFolder(out, { 'a.txt': 'new', 'b.txt': 'new', 'no/such/folder.txt': 'x' }, true);
    }).toThrow(UserError);
    expect(readFileSync(join(out, 'a.txt'), 'utf8')).toBe('one');
    expect(readdirSync(folder)).toEqual(['answer']);
  });

  it('does not touch what it did not expect', () => {
    mkdirSync(out);
    writeFileSync(join(out, 'mine.txt'), 'precious');
    for (const overwrite of [false, true]) {
      expect(() => {
        writeFolder(out, files, overwrite);
      }).toThrow(UserError);
    }
    expect(readdirSync(out)).toEqual(['mine.txt']);
    expect(readdirSync(folder)).toEqual(['answer']);
  });

  it('replaces an earlier answer when told to', () => {
    writeFolder(out, files, false);
    writeFolder(out, { 'a.txt': 'new', 'b.txt': 'newer' }, true);
    expect(readFileSync(join(out, 'a.txt'), 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['answer']);
  });
});

describe('requireFree', () => {
  const known = ['a.txt', 'b.txt'];

  it('lets a missing or an empty folder pass', () => {
    requireFree(out, false, known);
    mkdirSync(out);
    requireFree(out, false, known);
    expect(existsSync(out)).toBe(true);
  });

  it('names what is in the way', () => {
    writeFileSync(out, 'a file');
    expect(() => {
      requireFree(out, true, known);
    }).toThrow(`--out ${out}: must be a folder; a file lies there`);
    const other = join(folder, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'a.txt'), '');
    expect(() => {
      requireFree(other, false, known);
    }).toThrow(
      'must not exist yet, or be empty; it holds 1 entries (--overwrite replaces an earlier answer)',
    );
    requireFree(other, true, known);
    writeFileSync(join(other, 'thesis.doc'), '');
    expect(() => {
      requireFree(other, true, known);
    }).toThrow('cannot be overwritten, for it holds files of others: thesis.doc');
  });
});
