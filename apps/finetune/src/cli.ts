#!/usr/bin/env node
/** The command-line program `ggm-peft`. Results go to stdout, progress and errors to stderr. */
import { methodNames, selectionNames } from '@ggm-peft/adapters';
import { engineNames } from '@ggm-peft/engine';
import { glueTasks } from '@ggm-peft/glue';
import { Command, CommanderError } from 'commander';

import { engines, renderEngines } from './commands/engines.js';
import { evaluate } from './commands/evaluate.js';
import { exportRun } from './commands/export.js';
import { finetune, resumeFinetune } from './commands/finetune.js';
import { describeExport } from './describe-export.js';
import { exitCodes, failureOf } from './failure.js';
import { makeProgress } from './progress.js';
import type { Progress } from './progress.js';
import { defaultRunFolder } from './run-folder.js';
import type { RawOptions } from './raw-options.js';
import {
  readEvaluateOptions,
  readExportOptions,
  exportTargets,
  readResume,
  readSettings,
} from './settings.js';
import type { RunSummary } from './summary.js';
import { orNull } from './summary.js';
import { version } from './version.js';

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
    ...(nodes.total > 0 ? ['        nodes.json           which nodes were selected, and why'] : []),
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
  const { signal } = interruption;
  const offline = raw['offline'] === true;
  const run = readResume(raw);
  const summary = await withProgress((progress) => {
    if (run !== null) return resumeFinetune(run, { offline, signal, progress });
    const settings = readSettings(raw);
    const out = typeof raw['out'] === 'string' ? raw['out'] : defaultRunFolder(settings, new Date());
    return finetune(settings, { out, offline, signal, progress });
  });
  print(raw['json'] === true ? JSON.stringify(summary) : describeSummary(summary));
}

async function runEvaluate(raw: RawOptions): Promise<void> {
  const { run, ...options } = readEvaluateOptions(raw);
  const result = await withProgress((progress) =>
    evaluate(run, { ...options, offline: raw['offline'] === true, signal: interruption.signal, progress }),
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

async function runExport(raw: RawOptions): Promise<void> {
  const settings = readExportOptions(raw);
  const exported = await withProgress((progress) =>
    exportRun(settings, { offline: raw['offline'] === true, signal: interruption.signal, progress }),
  );
  print(raw['json'] === true ? JSON.stringify(exported) : describeExport(exported));
}

async function runEngines(raw: RawOptions): Promise<void> {
  const measured = await withProgress((progress) => engines({ progress, signal: interruption.signal }));
  print(raw['json'] === true ? JSON.stringify(measured) : renderEngines(measured));
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
      '--model <dir or id>',
      'folder of a RoBERTa, BERT, DistilBERT or XLM-R (config.json, model.safetensors, tokenizer), or a model on the ' +
        'Hugging Face hub, downloaded once: owner/name or owner/name@revision (default: a small embedded RoBERTa)',
    )
    .option('--revision <name>', 'branch, tag or commit of a model on the hub (default: main)')
    .option('--offline', 'take models from the cache only, and make no request')
    .option(
      '--pooling <name>',
      "what the head reads: first, the first token's state, or mean, the mean of all tokens' (default: first)",
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
      '--sites <patterns>',
      'layers that get components, by the ends of their names; * stands for one part, ** for any; word_embeddings is ' +
        'one too (apca, pissa, lora, adalora; default: queries, keys and values of the attention)',
    )
    .option('--exclude-sites <patterns>', 'layers of those that get none (default: none)')
    .option(
      '--layers <range>',
      'transformer layers that sites may be in, from 0: 6-11, 6-, -5 (default: all)',
    )
    .option('--rank <r>', 'components per site, r (default: 10; lora: 8; adalora: 8 in the end, on average)')
    .option(
      '--ranks <rules>',
      'other ranks for some sites: value=4,layer.11.**=16; the last that matches holds',
    )
    .option(
      '--biases',
      'train the biases of the encoder’s layers too (default for apca, where they are nodes)',
    )
    .option('--no-biases', 'leave them as they are (default for pissa, lora, adalora)')
    .option('--target-nodes <K>', 'nodes that stay trainable, K (apca; default: 60)')
    .option('--important-nodes <n>', 'important nodes, |I|, always selected (apca; default: 30, at most K)')
    .option('--selection <name>', `what apca selects by: ${selectionNames.join(', ')} (default: ggm)`)
    .option('--initial-rank <r>', 'rank of every site at the start (adalora; default: 12)')
    .option('--alpha <a>', 'the product is multiplied by alpha / r (lora, adalora; default: 8)')
    .option('--lora-dropout <rate>', 'dropout on what enters the product (lora, adalora; default: 0)')
    .option('--rslora', 'multiply by alpha / sqrt(r) instead (lora)')
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
    .option(
      '--checkpoint-seconds <s>',
      'time from one state to the next from which an interrupted run can go on; 0: after every step (default: 60)',
    )
    .option(
      '--resume <dir>',
      'go on with an interrupted run: the folder that it was to have; no other settings',
    )
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
    .option('--model <dir or id>', 'base model (default: that of the run, from the hub at the same commit)')
    .option('--offline', 'take models from the cache only, and make no request')
    .option('--eval-limit <n>', 'evaluate on this many examples (default: as the run)')
    .option('--engine <name>', `${engineList} (default: as the run)`)
    .option('--threads <n>', 'threads of the engines onnx and wasm (default: as the run)')
    .option('--json', 'print one JSON object')
    .action(runEvaluate);

  ggmPeft
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
    .action(runExport);

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
    // A second one ends the process at once; a draft that cannot be gone on with goes with it.
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
