/** The command `ggm-peft engines`: its options, and what it prints. */
import type { Command } from 'commander';

import { engines, renderEngines } from '../commands/engines.js';
import type { RawOptions } from '../raw-options.js';
import { print, withProgress } from './console.js';
import type { Console } from './console.js';

export function addEngines(program: Command, console: Console): void {
  program
    .command('engines')
    .description(
      'list the engines: whether each works here and why not, and how fast it multiplies (two seconds each)',
    )
    .option('--json', 'print a JSON list')
    .action((raw: RawOptions) => runEngines(raw, console));
}

async function runEngines(raw: RawOptions, { signal }: Console): Promise<void> {
  const measured = await withProgress((progress) => engines({ progress, signal }));
  print(raw['json'] === true ? JSON.stringify(measured) : renderEngines(measured));
}
