#!/usr/bin/env node
/** The command-line program `ggm-peft`. Results go to stdout, progress and errors to stderr. */
import { Command, CommanderError } from 'commander';

import { addEngines } from './cli/engines.js';
import { addEvaluate } from './cli/evaluate.js';
import { addExport } from './cli/export.js';
import { addFinetune } from './cli/finetune.js';
import { exitCodes, failureOf } from './failure.js';
import { version } from './version.js';

// `ggm-peft … | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const interruption = new AbortController();

function program(): Command {
  const ggmPeft = new Command('ggm-peft')
    .description(
      'Fine-tune an encoder by training the few principal components that a sparse graphical model selects.',
    )
    .version(version())
    .exitOverride();
  for (const add of [addFinetune, addEvaluate, addExport, addEngines]) add(ggmPeft, interruption);
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
