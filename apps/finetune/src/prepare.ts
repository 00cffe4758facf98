/** Loads what a run works on: the task's examples, the tokenizer, the model. Checks everything before training starts. */
import { createHash } from 'node:crypto';
import { loadEncoder, loadTokenizer, longestSequence, readEncoderConfig } from '@ggm-peft/encoders';
import type { EncoderConfig, EncoderForSequenceClassification, TextTokenizer } from '@ggm-peft/encoders';
import { loadTask, takeRandom } from '@ggm-peft/glue';
import type { Example, Split, Task } from '@ggm-peft/glue';

import type { Settings } from './settings.js';
import { TokenSource } from './token-source.js';
import { UserError } from './user-error.js';

/** Limited sets are drawn with this seed, whatever the run's: runs with different seeds see the same examples. */
const limitSeed = 0;

const usualMaxLength = 128;

export interface Data {
  readonly task: Task;
  readonly train: TokenSource;
  readonly dev: TokenSource;
  readonly maxLength: number;
  readonly tokenizer: TextTokenizer;
  readonly config: EncoderConfig;
}

/** Reads the task and turns its texts into tokens. */
export async function prepareData(settings: Settings, splits: readonly Split[]): Promise<Data> {
  const config = await readEncoderConfig(settings.model);
  const room = longestSequence(config);
  const maxLength = settings.maxLength ?? Math.min(usualMaxLength, room);
  if (maxLength > room) {
    throw new UserError(
      `--max-length must be at most ${room}, the positions of the model in ${settings.model}; got ${maxLength}`,
    );
  }
  const { task, train, dev } = await loadTask({
    directory: settings.data,
    splits,
    ...(settings.task === null ? {} : { task: settings.task }),
  });
  const tokenizer = await loadTokenizer(settings.model);
  if (tokenizer.vocabSize > config.vocabSize || tokenizer.padTokenId !== config.padTokenId) {
    throw new UserError(
      `${settings.model}: tokenizer and config.json must fit each other; the tokenizer has ${tokenizer.vocabSize} tokens ` +
        `and pads with ${tokenizer.padTokenId}, config.json says ${config.vocabSize} and ${config.padTokenId}`,
    );
  }
  const limited = (examples: readonly Example[], limit: number | null): readonly Example[] =>
    limit === null ? examples : takeRandom(examples, limit, limitSeed);
  return {
    task,
    maxLength,
    tokenizer,
    config,
    train: new TokenSource(limited(train, settings.trainLimit), tokenizer, config, maxLength),
    dev: new TokenSource(limited(dev, settings.evalLimit), tokenizer, config, maxLength),
  };
}

/** Outputs of the head that a task needs. */
export function headOutputs(task: Task): number {
  return task.kind === 'classification' ? task.labels.length : 1;
}

/**
 * Loads the encoder with a new head.
 * @param outputs of the head: see `headOutputs`
 */
export async function prepareModel(
  { model, seed, pooling }: Settings,
  outputs: number,
): Promise<EncoderForSequenceClassification> {
  return loadEncoder(model, { outputs, seed, pooling });
}

/** SHA-256 of what a run reads besides the base weights: the model's configuration, tokens and labels of both sets. */
export function inputsHash({ config, task, train, dev }: Data): string {
  const hash = createHash('sha256');
  const labels = task.kind === 'classification' ? task.labels : null;
  hash.update(JSON.stringify({ config, task: task.name, labels }));
  train.hashInto(hash);
  dev.hashInto(hash);
  return hash.digest('hex');
}
