/** What every command shares: where results and progress go, and the signal that the user wants it to stop. */
import { engineNames } from '@ggm-peft/engine';

import { makeProgress } from '../progress.js';
import type { Progress } from '../progress.js';

export interface Console {
  /** Aborted when the user interrupts the program. */
  readonly signal: AbortSignal;
}

/** Writes a result to stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Shows progress on stderr while the work lasts. */
export async function withProgress<T>(work: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = makeProgress(process.stderr);
  try {
    return await work(progress);
  } finally {
    progress.close();
  }
}

/** The choices of `--engine`, for help texts. */
export const engineList = ['auto', ...engineNames].join(', ');
