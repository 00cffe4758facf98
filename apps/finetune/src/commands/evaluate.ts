/** `ggm-peft evaluate`: puts a run's adapter on its base weights again and scores it. */
import { resolve } from 'node:path';
import { loadAdapter } from '@ggm-peft/adapters';
import { readEncoderConfig } from '@ggm-peft/encoders';
import { startEngine } from '@ggm-peft/engine';
import type { EngineName } from '@ggm-peft/engine';
import type { MetricValues } from '@ggm-peft/glue';
import { compileForward } from '@ggm-peft/training';

import { locateRunModel } from '../base-model.js';
import { prepareData, prepareModel } from '../prepare.js';
import type { Progress, Stage } from '../progress.js';
import { readRun } from '../run-record.js';
import { score } from '../score.js';
import type { Settings } from '../settings.js';
import { defaultThreads } from '../threads.js';
import { UserError } from '../user-error.js';

export interface EvaluateOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Where the data lie; null for where they were in training. */
  readonly data: string | null;
  /** Folder or id of the base model; null for that of the run, at the same commit if it is from the hub. */
  readonly model: string | null;
  /** Make no request to the hub. */
  readonly offline: boolean;
  /** null for the engine of the run. */
  readonly engine: EngineName | 'auto' | null;
  /** Threads of the engines onnx and wasm; null for the run's setting. */
  readonly threads: number | null;
  /** null for the run's limit. */
  readonly evalLimit: number | null;
}

export interface Evaluation extends MetricValues {
  readonly task: string;
  readonly method: string;
  readonly engine: string;
  readonly examples: number;
}

export async function evaluate(run: string, options: EvaluateOptions): Promise<Evaluation> {
  const stored = await readRun(run);
  const base = await locateRunModel(stored, options.model, options);
  const settings: Settings = {
    ...stored.settings,
    data: resolve(options.data ?? stored.settings.data),
    model: base.folder,
    engine: options.engine ?? stored.engine,
    evalLimit: options.evalLimit ?? stored.settings.evalLimit,
  };
  const config = await readEncoderConfig(settings.model);
  const engine = await startEngine(settings.engine, {
    threads: options.threads ?? settings.threads ?? defaultThreads(config),
  });
  try {
    // The adapter first: reading the data may take minutes, and is in vain if the base weights are others.
    const model = await prepareModel(settings, stored.labels?.length ?? 1);
    const { method } = await loadAdapter(run, model);
    const data = await prepareData(settings, ['dev']);
    const { task } = data;
    const labels = task.kind === 'classification' ? task.labels : null;
    if (labels?.join('\n') !== stored.labels?.join('\n')) {
      throw new UserError(
        `--data ${settings.data}: must have the run's classes (${stored.labels?.join(', ') ?? 'scores'}); ` +
          `got ${labels?.join(', ') ?? 'scores'}`,
      );
    }
    const forward = compileForward(engine, model);
    const stage: Stage = options.progress.stage(`Evaluating ${task.name} on ${engine.name}`, data.dev.size);
    const metrics = await score(engine, forward, task, data.dev, {
      signal: options.signal,
      onProgress: (done) => {
        stage.update(done, '');
      },
    });
    stage.end(`${data.dev.size} examples`);
    await forward.dispose();
    model.dispose();
    return { ...metrics, task: task.name, method, engine: engine.name, examples: data.dev.size };
  } finally {
    await engine.dispose();
  }
}
