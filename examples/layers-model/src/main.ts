import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { runExample } from './run-example.js';

const { values } = parseArgs({ options: { out: { type: 'string' } } });
const folder = values.out ?? (await mkdtemp(join(tmpdir(), 'ggm-peft-example-')));
try {
  await runExample(folder, (line) => process.stdout.write(`${line}\n`));
  if (values.out !== undefined) process.stdout.write(`Saved           in ${folder}\n`);
} finally {
  if (values.out === undefined) await rm(folder, { recursive: true });
}
