/** Loads an encoder with a classification or regression head from a Hugging Face model folder. */
import type { Parameter } from '@ggm-peft/adapters';
import { normals, seededGenerator } from '@ggm-peft/random';
import type { SafetensorsFile } from '@ggm-peft/safetensors';

import { architectureOf } from './architecture-of.js';
import { readEncoderConfig } from './config/encoder-config.js';
import type { EncoderConfig } from './config/encoder-config.js';
import { initialValues, parameterOf, requireOutputs } from './create.js';
import { readRobertaConfig } from './roberta/config.js';
import { RobertaForSequenceClassification } from './roberta/model.js';
import { sequenceClassifierOf } from './sequence-classifier-of.js';
import { requirePooling } from './transformer/pooling.js';
import type { Pooling } from './transformer/pooling.js';
import type { EncoderForSequenceClassification } from './transformer/sequence-classifier.js';
import { modelWeights, openWeights, readWeight } from './transformer/weights.js';
import type { WeightSpec } from './transformer/weights.js';

export interface LoadOptions {
  /** Outputs of the head: number of classes, or 1 for regression. */
  readonly outputs: number;
  /** Seed of a new head's weights; default 0. */
  readonly seed?: number;
  /**
   * Where the head comes from: `new` draws weights from N(0, initializer_range²) and zero biases, as Hugging Face does
   * for a checkpoint without one; `checkpoint` requires it in the file. Default `new`.
   */
  readonly head?: 'new' | 'checkpoint';
  /**
   * What the head reads: `first`, the first token's state, as Hugging Face has it (default); or `mean`, the mean of all
   * tokens' states, without BERT's pooler, which was trained on the first.
   */
  readonly pooling?: Pooling;
}

/**
 * Loads the encoder that the `model_type` of the folder's `config.json` names.
 * @param folder holds `config.json` and `model.safetensors`
 * @throws when a file is missing or damaged, a tensor is missing, or a shape does not fit the configuration
 */
export async function loadEncoder(
  folder: string,
  options: LoadOptions,
): Promise<EncoderForSequenceClassification> {
  const config = await readEncoderConfig(folder);
  const parameters = await readParameters('loadEncoder', folder, config, options);
  return sequenceClassifierOf(config, parameters, options.pooling ?? 'first');
}

/** `loadEncoder` for a RoBERTa; any other `model_type` is an error. */
export async function loadRoberta(
  folder: string,
  options: LoadOptions,
): Promise<RobertaForSequenceClassification> {
  const config = await readRobertaConfig(folder);
  const parameters = await readParameters('loadRoberta', folder, config, options);
  return new RobertaForSequenceClassification(config, parameters, options.pooling);
}

async function readParameters(
  caller: string,
  folder: string,
  config: EncoderConfig,
  { outputs, seed = 0, head = 'new', pooling = 'first' }: LoadOptions,
): Promise<Parameter[]> {
  requireOutputs(caller, outputs);
  requirePooling(caller, pooling);
  const { prefix } = architectureOf(config);
  const normal = normals(seededGenerator(seed));
  const file = await openWeights(folder);
  const parameters: Parameter[] = [];
  try {
    for (const spec of modelWeights(config, outputs, pooling)) {
      const drawn = spec.role === 'head' && head === 'new';
      const values = drawn
        ? initialValues(spec, config, normal)
        : ((await readWeight(file, spec, prefix)) ?? missing(file, spec, config));
      parameters.push(parameterOf(spec, values));
    }
    return parameters;
  } catch (error) {
    for (const { variable } of parameters) variable.dispose();
    throw error;
  } finally {
    await file.close();
  }
}

function missing(file: SafetensorsFile, { name, shape, role }: WeightSpec, config: EncoderConfig): never {
  const { dense, denseRole } = architectureOf(config).head;
  const poolerIsMissing = denseRole === 'encoder' && name.startsWith(`${dense}.`);
  throw new Error(
    `${file.path}: ${role === 'head' ? 'head tensor' : 'tensor'} ${name} [${shape.join(', ')}] is missing` +
      (poolerIsMissing ? "; pooling 'mean' does without the pooler" : ''),
  );
}
