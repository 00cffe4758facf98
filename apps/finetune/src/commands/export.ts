/** `ggm-peft export`: puts a run's adapter on its base weights again and writes the result for other programs. */
import { exportPeft, loadAdapter, requireNewFolder } from '@ggm-peft/adapters';
import type { TrainedMethod } from '@ggm-peft/adapters';
import { exportCheckpoint, exportOnnx } from '@ggm-peft/encoders';
import type { EncoderForSequenceClassification } from '@ggm-peft/encoders';
import { startEngine } from '@ggm-peft/engine';

import { locateRunModel } from '../base-model.js';
import { prepareModel } from '../prepare.js';
import type { Progress } from '../progress.js';
import { readRun } from '../run-record.js';
import type { ExportSettings, ExportTarget } from '../settings.js';
import { UserError } from '../user-error.js';

export interface ExportOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Make no request to the hub. */
  readonly offline: boolean;
}

export interface Exported {
  readonly to: ExportTarget;
  readonly out: string;
  /** Names of the files in `out`. */
  readonly files: readonly string[];
  /** Class names by index, null for regression. */
  readonly labels: readonly string[] | null;
  /** How Python is to load the base model. */
  readonly baseModel: string;
}

/** @throws when the run or its base model cannot be read, the target cannot hold what was trained, or `out` holds something */
export async function exportRun(settings: ExportSettings, options: ExportOptions): Promise<Exported> {
  const { run, to, out } = settings;
  await requireNewFolder(out);
  const stored = await readRun(run);
  const { labels } = stored;
  if (to !== 'onnx' && stored.settings.pooling !== 'first') {
    throw new UserError(
      `--to ${to}: Hugging Face's models read the first token; the run's head has --pooling ${stored.settings.pooling}. ` +
        '--to onnx can hold it',
    );
  }
  const { progress } = options;
  const { folder: base, hub } = await locateRunModel(stored, settings.model, options);
  const baseModel = settings.baseModel ?? hub?.id ?? base;
  progress.line(`Loading ${run} onto ${base} ...`);
  // Weights are read and added up on the host: any engine will do, and this one is always there.
  const engine = await startEngine('cpu', { threads: 1 });
  try {
    const model = await prepareModel({ ...stored.settings, model: base }, labels?.length ?? 1);
    try {
      const { trained } = await loadAdapter(run, model);
      progress.line(`Writing ${out} ...`);
      const files = await write(settings, { model, trained, base, baseModel, labels });
      return { to, out, files, labels, baseModel };
    } finally {
      model.dispose();
    }
  } finally {
    await engine.dispose();
  }
}

interface Parts {
  readonly model: EncoderForSequenceClassification;
  readonly trained: TrainedMethod;
  /** Folder of the base model. */
  readonly base: string;
  readonly baseModel: string;
  readonly labels: readonly string[] | null;
}

async function write(
  { to, out }: ExportSettings,
  { model, trained, base, baseModel, labels }: Parts,
): Promise<readonly string[]> {
  switch (to) {
    case 'peft':
      return exportPeft(out, model, trained, { baseModel });
    case 'huggingface':
      return exportCheckpoint(out, model, { base, labels });
    case 'onnx':
      return exportOnnx(out, model, { base, labels });
  }
}
