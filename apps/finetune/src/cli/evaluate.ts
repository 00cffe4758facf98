/** The command `ggm-peft evaluate`: its options, and what it prints. */
import type { Command } from 'commander';

import { evaluate } from '../commands/evaluate.js';
import type { RawOptions } from '../raw-options.js';
import { readEvaluateOptions } from '../settings.js';
import { orNull } from '../summary.js';
import { engineList, print, withProgress } from './console.js';
import type { Console } from './console.js';

export function addEvaluate(program: Command, console: Console): void {
  program
    .command('evaluate')
    .description("score a run's adapter on the dev set")
    .requiredOption('--run <dir>', 'run folder')
    .option('--data <dir>', 'data folder (default: that of the run)')
    .option('--model <dir or id>', 'base model (default: that of the run, from the hub at the same commit)')
    .option('--offline', 'take models from the cache only, and make no request')
    .option('--eval-limit <n>', 'evaluate on this many examples (default: as the run)')
    .option('--engine <name>', `${engineList} (default: as the run)`)
    .option('--threads <n>', 'threads of the engines onnx and wasm (default: as the run)')
    .option('--json', 'print one JSON object')
    .action((raw: RawOptions) => runEvaluate(raw, console));
}

async function runEvaluate(raw: RawOptions, { signal }: Console): Promise<void> {
  const { run, ...options } = readEvaluateOptions(raw);
  const result = await withProgress((progress) =>
    evaluate(run, { ...options, offline: raw['offline'] === true, signal, progress }),
  );
  const { task, method, engine, examples, primary, all } = result;
  if (raw['json'] === true) {
    const metrics = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, orNull(value)]));
    print(
      JSON.stringify({
        task,
        method,
        metric: primary.name,
        value: orNull(primary.value),
        metrics,
        engine,
        examples,
      }),
    );
  } else {
    for (const [name, value] of Object.entries(all)) print(`${name} ${value}`);
  }
}
