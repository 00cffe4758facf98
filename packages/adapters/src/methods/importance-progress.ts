/** Importance averages as part of a method's progress: two float64 numbers for each value. */
import type { ImportanceAverage } from '../importance.js';
import type { ProgressReader } from './progress-reader.js';
import type { ProgressTensor } from './progress.js';

/** A trainable tensor's average, by the tensor's name. */
export interface ScoredTensor {
  readonly name: string;
  readonly average: ImportanceAverage;
}

export function importanceProgress(scored: readonly ScoredTensor[]): Map<string, ProgressTensor> {
  const tensors = new Map<string, ProgressTensor>();
  for (const { name, average } of scored) {
    const { sensitivity, uncertainty } = average.averages;
    tensors.set(`sensitivity ${name}`, { shape: [average.size], data: sensitivity });
    tensors.set(`uncertainty ${name}`, { shape: [average.size], data: uncertainty });
  }
  return tensors;
}

/**
 * @returns what gives the averages their values
 * @throws when one is missing or has another size
 */
export function readImportance(read: ProgressReader, scored: readonly ScoredTensor[]): () => void {
  const values = scored.map(({ name, average }) => ({
    average,
    sensitivity: read.float64(`sensitivity ${name}`, [average.size]),
    uncertainty: read.float64(`uncertainty ${name}`, [average.size]),
  }));
  return () => {
    for (const { average, ...averages } of values) average.restore(averages);
  };
}
