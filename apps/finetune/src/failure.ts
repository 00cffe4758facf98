/**
 * How a failed command ends: what it prints and its exit code. Bad input is one line and code 2; a training that
 * diverges is one line and code 1; anything that only a defect of the program can cause keeps its stack.
 */
import { PrefixCacheError, TrainingDivergedError } from '@ggm-peft/training';

import { RunKeptError, RunStoppedError } from './run-folder.js';

export const exitCodes = { failed: 1, badInput: 2, interrupted: 130 } as const;

export interface Failure {
  readonly message: string;
  readonly code: number;
}

/** What is neither bad input nor a defect: training that diverged, a run that could not be moved. A full disk likewise. */
const notInput = [TrainingDivergedError, RunKeptError, PrefixCacheError];

const defects = [TypeError, ReferenceError, SyntaxError];

/** @param interrupted whether the user asked the program to stop */
export function failureOf(error: unknown, interrupted: boolean): Failure {
  if (error instanceof RunStoppedError) {
    if (interrupted) return { message: `Interrupted. ${error.message}`, code: exitCodes.interrupted };
    const { message, code } = failureOf(error.cause, false);
    return { message: `${message}\n${error.message}`, code };
  }
  if (interrupted) return { message: 'Interrupted; nothing was written.', code: exitCodes.interrupted };
  if (!(error instanceof Error)) return { message: `ggm-peft: ${String(error)}`, code: exitCodes.failed };
  if (defects.some((kind) => error instanceof kind)) {
    return { message: error.stack ?? error.message, code: exitCodes.failed };
  }
  const failed = notInput.some((kind) => error instanceof kind) || 'syscall' in error;
  const code = failed ? exitCodes.failed : exitCodes.badInput;
  return { message: `ggm-peft: ${error.message.replace(/\s*\n\s*/g, ' ')}`, code };
}
