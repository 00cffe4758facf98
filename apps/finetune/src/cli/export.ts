/** The command `ggm-peft export`: its options, and what it prints. */
import type { Command } from 'commander';

import { exportRun } from '../commands/export.js';
import { describeExport } from '../describe-export.js';
import type { RawOptions } from '../raw-options.js';
import { exportTargets, readExportOptions } from '../settings.js';
import { print, withProgress } from './console.js';
import type { Console } from './console.js';

export function addExport(program: Command, console: Console): void {
  program
    .command('export')
    .description(
      "write a run's model for other programs: a LoRA adapter of Hugging Face PEFT, a merged Hugging Face checkpoint, or an " +
        'ONNX model as transformers.js reads it',
    )
    .requiredOption('--run <dir>', 'run folder')
    .requiredOption('--to <format>', exportTargets.join(', '))
    .requiredOption('--out <dir>', 'folder to write; must not exist yet, or be empty')
    .option('--model <dir or id>', 'base model (default: that of the run)')
    .option('--offline', 'take models from the cache only, and make no request')
    .option(
      '--base-model <id>',
      'how Python is to load the base model, as the PEFT adapter says (default: its id on the hub, or its folder)',
    )
    .option('--json', 'print one JSON object')
    .action((raw: RawOptions) => runExport(raw, console));
}

async function runExport(raw: RawOptions, { signal }: Console): Promise<void> {
  const settings = readExportOptions(raw);
  const exported = await withProgress((progress) =>
    exportRun(settings, { offline: raw['offline'] === true, signal, progress }),
  );
  print(raw['json'] === true ? JSON.stringify(exported) : describeExport(exported));
}
