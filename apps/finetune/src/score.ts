/** A model's score on a set of examples: predictions, then the task's official metrics. */
import { computeMetrics } from '@ggm-peft/glue';
import type { MetricValues, Task } from '@ggm-peft/glue';
import { predict } from '@ggm-peft/training';
import type { PredictOptions } from '@ggm-peft/training';
import type { CompiledStep, Engine } from '@ggm-peft/engine';

import type { TokenSource } from './token-source.js';

/** The class with the largest logit for each row of [rows, outputs]; the first of equals. */
export function largestLogit(logits: Float32Array, outputs: number): number[] {
  return Array.from({ length: logits.length / outputs }, (_, row) => {
    const scores = logits.subarray(row * outputs, (row + 1) * outputs);
    return scores.reduce((best, score, i) => (score > (scores[best] ?? -Infinity) ? i : best), 0);
  });
}

export async function score(
  engine: Engine,
  forward: CompiledStep,
  task: Task,
  source: TokenSource,
  options: PredictOptions = {},
): Promise<MetricValues> {
  const { logits, outputs } = await predict(engine, forward, source, options);
  const predictions = task.kind === 'classification' ? largestLogit(logits, outputs) : logits;
  return computeMetrics(task, predictions, source.labels);
}
