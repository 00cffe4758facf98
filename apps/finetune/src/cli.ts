#!/usr/bin/env node
/** The command-line program `ggm-peft`. Results go to stdout, progress and errors to stderr. */
import { createRequire } from 'node:module';
import { methodNames } from '@ggm-peft/adapters';
import { engineNames } from '@ggm-peft/engine';
import { glueTasks } from '@ggm-peft/glue';
import { Command, CommanderError } from 'commander';

import { engines, renderEngines } from './commands/engines.js';
import { evaluate } from './commands/evaluate.js';
import { finetune } from './commands/finetune.js';
import { exitCodes, failureOf } from './failure.js';
import { makeProgress } from './progress.js';
import type { Progress } from './progress.js';
import { defaultRunFolder } from './run-folder.js';
import { readEvaluateOptions, readSettings } from './settings.js';
import type { RawOptions } from './settings.js';
import type { RunSummary } from './summary.js';
import { orNull } from './summary.js';

// `ggm-peft … | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const interruption = new AbortController();

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function describeSummary({ metric, trainable, nodes, seconds, engine, out }: RunSummary): string {
  const show = (value: number | null): string => (value === null ? 'undefined' : String(value));
  const selected = nodes.total > 0 ? `${nodes.selected} of ${nodes.total} nodes, ` : '';
  return [
    '',
    `Result  dev ${metric.name} ${show(metric.last)} after the last epoch (best epoch: ${show(metric.best)})`,
    `        with ${selected}${trainable.adapter.toLocaleString('en-US')} values trained in the encoder and ` +
      `${trainable.head.toLocaleString('en-US')} in the head; ${seconds.toFixed(0)} s on ${engine}`,
    `Saved   ${out}`,
    '        report.md            the run in words and tables: read this first',
    '        adapter.safetensors  what changed in the encoder; head.safetensors: the task head',
    '        nodes.json           which nodes were selected, and why (method apca)',
    '        metrics.jsonl        loss of every step, metrics of every epoch',
    '        config.json          every setting, to repeat the run',
    `Again   npm run ggm-peft -- evaluate --run ${out}`,
  ].join('\n');
}

async function withProgress<T>(work: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = makeProgress(process.stderr);
  try {
    return await work(progress);
  } finally {
    progress.close();
  }
}

async function runFinetune(raw: RawOptions): Promise<void> {
  const settings = readSettings(raw);
  const out = typeof raw['out'] === 'string' ? raw['out'] : defaultRunFolder(settings, new Date());
  const summary = await withProgress((progress) =>
    finetune(settings, { out, signal: interruption.signal, progress }),
  );
  print(raw['json'] === true ? JSON.stringify(summary) : describeSummary(summary));
}

async function runEvaluate(raw: RawOptions): Promise<void> {
  const { run, ...options } = readEvaluateOptions(raw);
  const result = await withProgress((progress) =>
    evaluate(run, { ...options, signal: interruption.signal, progress }),
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

async function runEngines(raw: RawOptions): Promise<void> {
  const measured = await withProgress((progress) => engines({ progress, signal: interruption.signal }));
  print(raw['json'] === true ? JSON.stringify(measured) : renderEngines(measured));
}

function version(): string {
  const manifest: unknown = createRequire(import.meta.url)('../package.json');
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

function program(): Command {
  const ggmPeft = new Command('ggm-peft')
    .description(
      'Fine-tune an encoder by training the few principal components that a sparse graphical model selects.',
    )
    .version(version())
    .exitOverride();
  const engineList = ['auto', ...engineNames].join(', ');

  ggmPeft
    .command('finetune')
    .description(
      'train an adapter and write a run folder; without --model and --data, on the embedded example',
    )
    .option(
      '--model <dir>',
      'model folder: config.json, model.safetensors, tokenizer (default: a small embedded RoBERTa)',
    )
    .option(
      '--data <dir>',
      "folder with GLUE's TSV files, or with your own train.tsv and dev.tsv (default: embedded task)",
    )
    .option(
      '--task <name>',
      `GLUE task: ${glueTasks.map(({ name }) => name).join(', ')}; none for your own data`,
    )
    .option('--method <name>', `${methodNames.join(', ')} (default: apca)`)
    .option(
      '--sites <names>',
      'layers that get components, by the ends of their names; word_embeddings is one too (default: query,key,value)',
    )
    .option('--rank <r>', 'components per weight, r (default: 10)')
    .option('--target-nodes <K>', 'nodes that stay trainable, K (default: 60)')
    .option('--important-nodes <n>', 'important nodes, |I|, always selected (default: 30, at most K)')
    .option('--epochs <n>', 'passes over the training set (default: 5 for apca, else 3)')
    .option('--batch-size <n>', 'examples in a step (default: 32)')
    .option(
      '--lr <rate>',
      'peak learning rate of components, biases, weights (default: 4e-4, full: 3e-5, × 768 / hidden size)',
    )
    .option('--head-lr <rate>', 'peak learning rate of the head (default: 4e-4 × 768 / hidden size)')
    .option('--weight-decay <w>', 'decoupled decay of matrices (default: 0)')
    .option('--max-length <n>', 'tokens of a sequence (default: 128, or what the model has room for)')
    .option('--seed <n>', 'seed of head, data order and dropout (default: 0)')
    .option('--train-limit <n>', 'train on this many examples, drawn at random once for all seeds')
    .option('--eval-limit <n>', 'evaluate on this many examples')
    .option('--engine <name>', `${engineList} (default: auto, the fastest that works)`)
    .option(
      '--threads <n>',
      'threads of the engines onnx and wasm; results of wasm do not depend on it (default: all cores)',
    )
    .option(
      '--fp16-weights',
      'keep matrices that do not train in float16 on the engine, half the memory; the engines onnx… can (default: float32)',
    )
    .option(
      '--cache-prefix',
      'compute the layers below the first that trains once and keep their output on disk while the run lasts; ' +
        'there is no dropout in them then',
    )
    .option('--out <dir>', 'run folder to write (default: runs/<task>-<method>-seed<seed>-<time>)')
    .option('--json', 'print one JSON object as the last line of stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  ggm-peft finetune\n  ggm-peft finetune --model roberta-base --data glue --task cola --epochs 10 --out runs/cola',
    )
    .action(runFinetune);

  ggmPeft
    .command('evaluate')
    .description("score a run's adapter on the dev set")
    .requiredOption('--run <dir>', 'run folder')
    .option('--data <dir>', 'data folder (default: that of the run)')
    .option('--model <dir>', 'base model folder (default: that of the run)')
    .option('--eval-limit <n>', 'evaluate on this many examples (default: as the run)')
    .option('--engine <name>', `${engineList} (default: as the run)`)
    .option('--threads <n>', 'threads of the engines onnx and wasm (default: as the run)')
    .option('--json', 'print one JSON object')
    .action(runEvaluate);

  ggmPeft
    .command('engines')
    .description(
      'list the engines: whether each works here and why not, and how fast it multiplies (two seconds each)',
    )
    .option('--json', 'print a JSON list')
    .action(runEngines);

  for (const command of ggmPeft.commands) command.exitOverride().allowExcessArguments(false);
  return ggmPeft;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A second one ends the process at once; the run folder's draft goes with it.
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
    interruption.abort();
  });
}

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its message; help and version come through here with code 0.
    process.exitCode = error.exitCode === 0 ? 0 : exitCodes.badInput;
  } else {
    const { message, code } = failureOf(error, interruption.signal.aborted);
    process.stderr.write(`${message}\n`);
    process.exitCode = code;
  }
}
