/** Bad input: one line that names the thing, exit code 2, no run folder. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineNames } from '@ggm-peft/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { MeasuredEngine } from '../src/commands/engines.js';
import { embeddedModel } from '../src/embedded.js';
import { cli } from './cli.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ggm-peft-bad-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const quick = [
  '--train-limit',
  '64',
  '--eval-limit',
  '16',
  '--batch-size',
  '8',
  '--max-length',
  '16',
  '--engine',
  'wasm',
  '--threads',
  '1',
];

/** Runs `finetune`, which must fail with code 2 and one line that holds the message. */
async function refuses(args: readonly string[], message: string | RegExp): Promise<void> {
  const out = join(folder, 'out', 'run');
  const { code, stdout, stderr } = await cli(['finetune', ...quick, ...args, '--out', out]);
  // Nothing but that line and what was loaded before it, unless commander adds a suggestion.
  const lines = stderr.replace(/^((Engine|Model|Data) [^\n]*\n)*/, '');
  expect(lines).toMatch(/^(ggm-peft: |error: )[^\n]+\n(\(Did you mean [^\n]+\n)?$/);
  expect(stderr).toMatch(message);
  expect(stdout).toBe('');
  expect(code).toBe(2);
  expect(await readdir(join(folder, 'out')).catch(() => [])).toEqual([]);
}

describe('options', () => {
  it.each([
    [
      ['--method', 'dora'],
      '--method must be one of apca, pissa, lora, adalora, bitfit, full, head; got dora',
    ],
    [
      ['--method', 'lora', '--target-nodes', '9'],
      '--target-nodes is for apca; --method lora has no use for it',
    ],
    [['--sites', 'query,vale'], 'apca: sites: pattern vale matches none of'],
    [['--layers', '2-4'], 'apca: layers must be a range within 0..3; got 2..4'],
    [['--epochs', '0'], '--epochs must be an integer of at least 1; got 0'],
    [['--epochs', '2'], 'apca: epochs must be at least 3'],
    [['--lr', 'fast'], '--lr must be a number of at least 0; got fast'],
    [['--rank', '129'], 'apca: rank must be an integer in 1..128'],
    [['--target-nodes', '145'], 'targetNodes must be an integer in 1..144'],
    [['--target-nodes', '20', '--important-nodes', '21'], '--important-nodes must not exceed --target-nodes'],
    [['--max-length', '129'], '--max-length must be at most 128'],
    [['--engine', 'cuda'], '--engine must be one of auto, '],
    [['--task', 'sst2'], '--task sst2 needs --data DIR'],
    [['--train-limit', '8'], 'apca: the graphical model needs at least 2 samples'],
    [['--larning-rate', '1'], "error: unknown option '--larning-rate'"],
    [['surplus'], 'error: too many arguments'],
  ])('refuses %j', async (args, message) => {
    await refuses(args, message);
  });

  it('names the nearest known option', async () => {
    const { stderr, code } = await cli(['finetune', '--epoch', '3']);
    expect(stderr).toContain('Did you mean --epochs?');
    expect(code).toBe(2);
  });

  it('refuses a run folder that holds something', async () => {
    const out = join(folder, 'full');
    await mkdir(out);
    await writeFile(join(out, 'precious'), 'data');
    const { code, stderr } = await cli(['finetune', ...quick, '--out', out]);
    expect(stderr).toContain(`--out ${out}: must not exist yet, or be empty; it holds 1 entries`);
    expect(code).toBe(2);
    expect(await readFile(join(out, 'precious'), 'utf8')).toBe('data');
    expect(await readdir(folder)).toEqual(['full']);
  });
});

describe('data', () => {
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, `${name}.tsv`), text);
    return join(folder, `${name}.tsv`);
  };
  const good = `sentence\tlabel\n${'one text\t0\nanother text\t1\n'.repeat(20)}`;

  it('refuses a folder that is not there', async () => {
    await refuses(['--data', join(folder, 'none')], join(folder, 'none'));
  });

  it('refuses an unknown task and names the nearest', async () => {
    await refuses(['--data', folder, '--task', 'sst3'], 'did you mean "sst2"');
  });

  it('names the file that is missing', async () => {
    await write('train', good);
    await refuses(['--data', folder], join(folder, 'dev.tsv'));
  });

  it('names file and line of a short row', async () => {
    const path = await write('train', good);
    await write('dev', 'sentence\tlabel\nfine\t1\nno label here\n');
    await refuses(['--data', folder], /dev\.tsv.*line 3|dev\.tsv:3/);
    expect(path).toContain('train.tsv');
  });
});

describe('models', () => {
  let model: string;
  beforeEach(async () => {
    model = join(folder, 'model');
    await cp(embeddedModel, model, { recursive: true });
  });
  const weights = (): string => join(model, 'model.safetensors');

  it('refuses a folder that is not there, or holds no model', async () => {
    await refuses(['--model', join(folder, 'none')], `${join(folder, 'none', 'config.json')}: no such file`);
    await rm(weights());
    await refuses(['--model', model], weights());
  });

  it('refuses a truncated file', async () => {
    await truncate(weights(), 1_000_000);
    await refuses(['--model', model], weights());
    await truncate(weights(), 5);
    await refuses(['--model', model], weights());
  });

  it('refuses a header length of 2⁶³', async () => {
    const bytes = await readFile(weights());
    bytes.writeBigUInt64LE(2n ** 63n, 0);
    await writeFile(weights(), bytes);
    await refuses(['--model', model], weights());
  });

  it('refuses a corrupt header', async () => {
    const bytes = await readFile(weights());
    bytes.write('}{', 8);
    await writeFile(weights(), bytes);
    await refuses(['--model', model], weights());
  });

  it('refuses weights whose shapes do not fit the configuration', async () => {
    const path = join(model, 'config.json');
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replace('"intermediate_size": 512', '"intermediate_size": 256'),
    );
    await refuses(
      ['--model', model],
      'intermediate.dense.weight must be [256, 128] to fit config.json; got [512, 128]',
    );
  });

  it('refuses a tokenizer that does not fit the model', async () => {
    const path = join(model, 'config.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"pad_token_id": 1', '"pad_token_id": 2'));
    await refuses(['--model', model], 'tokenizer and config.json must fit each other');
  });

  it('refuses a model without a tokenizer', async () => {
    for (const name of ['tokenizer.json', 'vocab.json', 'merges.txt']) await rm(join(model, name));
    await refuses(['--model', model], model);
  });
});

describe('evaluate', () => {
  it.each([
    ['a folder that is not there', async () => Promise.resolve()],
    ['a folder without a run', async (path: string) => mkdir(path)],
    [
      'a run of another format',
      async (path: string) => {
        await mkdir(path);
        await writeFile(join(path, 'config.json'), '{"format": "something else"}');
      },
    ],
  ])('refuses %s', async (_, make) => {
    const path = join(folder, 'run');
    await make(path);
    const { code, stdout, stderr } = await cli(['evaluate', '--run', path]);
    expect(stderr).toMatch(/^ggm-peft: .*\n$/);
    expect(stderr).toContain(path);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('needs a run', async () => {
    const { code, stderr } = await cli(['evaluate']);
    expect(stderr).toContain("required option '--run <dir>' not specified");
    expect(code).toBe(2);
  });
});

describe('the program', () => {
  /** Not on the tests' software Vulkan, where a product takes many seconds. */
  const env = { VK_ICD_FILENAMES: undefined };

  it('lists every engine with one line, its speed where it works, and what auto takes', async () => {
    const { code, stdout, stderr } = await cli(['engines'], { env });
    const [title = '', ...lines] = stdout.trimEnd().split('\n');
    expect(title).toMatch(/^engine\s+GFLOP\/s\s+threads\s+provider$/);
    const table = lines.slice(0, engineNames.length);
    expect(table.map((line) => line.split(/\s+/)[0])).toEqual(engineNames);
    for (const line of table) expect(line).toMatch(/^\S+\s+(works\s+[\d.]+|does not\s+-)\s+(\d+|-)\s+\S.+$/);
    const working = table.filter((line) => /^\S+\s+works/.test(line)).map((line) => line.split(/\s+/)[0]);
    expect(working).toContain('cpu');
    for (const name of working) expect(stderr).toContain(`Measuring ${name} ...\n`);
    const [blank, end] = lines.slice(engineNames.length);
    expect(blank).toBe('');
    expect(working.map((name) => `--engine auto takes ${name}`)).toContain(end);
    expect(code).toBe(0);
  });

  it('lists the engines as JSON too', async () => {
    const { stdout } = await cli(['engines', '--json'], { env });
    const reports = JSON.parse(stdout) as MeasuredEngine[];
    expect(reports.map(({ name }) => name)).toEqual(engineNames);
    for (const { works, gflops } of reports) {
      if (works) expect(gflops).toBeGreaterThan(0);
      else expect(gflops).toBeNull();
    }
    expect(reports.filter(({ auto }) => auto)).toHaveLength(1);
  });

  it('explains itself', async () => {
    const { code, stdout } = await cli(['finetune', '--help']);
    expect(stdout).toContain('--target-nodes <K>');
    expect(stdout).toContain('Examples:');
    expect(code).toBe(0);
    expect((await cli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await cli(['finetun'])).code).toBe(2);
  });
});
