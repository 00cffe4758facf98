/** How many threads a run takes where nobody says. */
import { availableParallelism } from 'node:os';
import type { EncoderConfig } from '@ggm-peft/encoders';

/** Below this hidden size one thread was faster than two, on two idle cores: waiting for each other took longer. */
const leastShared = 512;

/** All cores for a model whose products are worth sharing, else 1. */
export function defaultThreads({ hiddenSize }: Pick<EncoderConfig, 'hiddenSize'>): number {
  return hiddenSize < leastShared ? 1 : availableParallelism();
}
