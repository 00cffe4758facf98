/** What `--cache-prefix` kept in a run: the output of the layers below the first that trains. */
import type { KeptPrefix } from '@ggm-peft/training';

export interface PrefixRecord {
  /** The epoch from which on it was used, from 1. */
  readonly epoch: number;
  /** The layers from 0 to this number − 1, the embeddings included, were frozen and their output kept; 0: nothing was. */
  readonly frozenLayers: number;
  readonly examples: number;
  /** Size of the file, which is gone when the run is complete. */
  readonly bytes: number;
  /** Time to compute and write it. */
  readonly seconds: number;
}

/** @param epoch from 0 */
export function prefixRecord(epoch: number, { stage, examples, bytes, seconds }: KeptPrefix): PrefixRecord {
  return { epoch: epoch + 1, frozenLayers: stage, examples, bytes, seconds: Number(seconds.toFixed(3)) };
}

/** `layers 0 to 2 are frozen: their output for 3,000 examples is kept, 57 MB` */
export function describePrefix({ frozenLayers, examples, bytes }: PrefixRecord): string {
  if (frozenLayers === 0) return 'nothing is kept: layer 0 or the embeddings train';
  const [frozen, their] =
    frozenLayers === 1 ? ['layer 0 is', 'its'] : [`layers 0 to ${frozenLayers - 1} are`, 'their'];
  const size = (bytes / 1e6).toLocaleString('en-US', { maximumSignificantDigits: 2 });
  return `${frozen} frozen: ${their} output for ${examples.toLocaleString('en-US')} examples is kept, ${size} MB`;
}

/** The same for a report, with the epoch from which on it holds and the time it took. */
export function reportPrefix(record: PrefixRecord): string {
  const took = record.frozenLayers === 0 ? '' : `, computed in ${record.seconds.toFixed(1)} s`;
  return `from epoch ${record.epoch}: ${describePrefix(record)}${took}`;
}
