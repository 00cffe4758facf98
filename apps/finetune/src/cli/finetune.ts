/** The command `ggm-peft finetune`: its options, and what it prints. */
import { methodNames, selectionNames } from '@ggm-peft/adapters';
import { glueTasks } from '@ggm-peft/glue';
import type { Command } from 'commander';

import { finetune, resumeFinetune } from '../commands/finetune.js';
import type { RawOptions } from '../raw-options.js';
import { defaultRunFolder } from '../run-folder.js';
import { readResume, readSettings } from '../settings.js';
import { engineList, print, withProgress } from './console.js';
import type { Console } from './console.js';
import { describeSummary } from './describe-summary.js';

export function addFinetune(program: Command, console: Console): void {
  program
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
    .action((raw: RawOptions) => runFinetune(raw, console));
}

async function runFinetune(raw: RawOptions, { signal }: Console): Promise<void> {
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
