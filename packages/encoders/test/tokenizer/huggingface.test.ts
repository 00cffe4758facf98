/**
 * Hugging Face's slow RoBERTa tokenizer on 296 texts and pairs (real GLUE sentences and edge cases). roberta-base's vocabulary is
 * not part of the repository: the tests run where a folder `shared` lies beside it and are reported as skipped elsewhere.
 */
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { loadTokenizer } from '../../src/tokenizer/tokenizer.js';
import type { TextTokenizer } from '../../src/tokenizer/tokenizer.js';
import { idsOf } from './ids-of.js';

const shared = fileURLToPath(new URL('../../../../../shared', import.meta.url));
const robertaBase = join(shared, 'tokenizers', 'roberta-base');
const tiny = join(shared, 'models', 'roberta-gutenberg-tiny');
const available = existsSync(robertaBase) && existsSync(tiny);
const run = available ? it : it.skip;
const suffix = available ? '' : ' (skipped: no shared/tokenizers beside the repository)';

interface Case {
  readonly text: readonly [string] | readonly [string, string];
  readonly max_length: number;
  readonly input_ids: readonly number[];
}
const isCase = (value: unknown): value is Case =>
  typeof value === 'object' &&
  value !== null &&
  'text' in value &&
  'max_length' in value &&
  'input_ids' in value;

function readCases(): readonly Case[] {
  const path = join(shared, 'fixtures', 'tokenizer-roberta-base', 'cases.json');
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!Array.isArray(parsed) || !parsed.every(isCase)) throw new Error(`${path}: not a list of cases`);
  return parsed;
}

/** The same tokenizer from `vocab.json` and `merges.txt` alone. */
async function loadFromParts(folder: string): Promise<TextTokenizer> {
  const copy = await mkdtemp(join(tmpdir(), 'roberta-'));
  try {
    for (const name of ['vocab.json', 'merges.txt']) await copyFile(join(folder, name), join(copy, name));
    return await loadTokenizer(copy);
  } finally {
    await rm(copy, { recursive: true });
  }
}

describe('Hugging Face', () => {
  run(`roberta-base, from tokenizer.json: 296 cases${suffix}`, async () => {
    const tokenizer = await loadTokenizer(robertaBase);
    const cases = readCases();
    expect(cases).toHaveLength(296);
    for (const { text, max_length: maxLength, input_ids: ids } of cases) {
      expect([text, idsOf(tokenizer, text[0], text[1], { maxLength })]).toEqual([text, ids]);
    }
    expect(tokenizer.vocabSize).toBe(50265);
  });

  run(`roberta-base, from vocab.json and merges.txt: 296 cases${suffix}`, async () => {
    const tokenizer = await loadFromParts(robertaBase);
    for (const { text, max_length: maxLength, input_ids: ids } of readCases()) {
      expect([text, idsOf(tokenizer, text[0], text[1], { maxLength })]).toEqual([text, ids]);
    }
    expect(tokenizer.specialTokens).toEqual({ bos: 0, pad: 1, eos: 2, unk: 3 });
  });

  run(`the small model's tokenizer is the same from either form${suffix}`, async () => {
    const [whole, parts] = [await loadTokenizer(tiny), await loadFromParts(tiny)];
    expect([whole.vocabSize, parts.vocabSize]).toEqual([8192, 8192]);
    for (const { text } of readCases()) {
      const ids = idsOf(whole, text[0], text[1]);
      expect(idsOf(parts, text[0], text[1])).toEqual(ids);
      expect(ids.every((id) => id >= 0 && id < 8192 && id !== whole.specialTokens.unk)).toBe(true);
    }
  });
});
