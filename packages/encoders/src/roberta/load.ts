/** Loads a RoBERTa with a classification or regression head from a Hugging Face model folder. */
import type { Parameter } from '@ggm-peft/adapters';
import { normals, seededGenerator } from '@ggm-peft/random';

import { readRobertaConfig } from './config.js';
import { initialValues, parameterOf, requireOutputs } from './create.js';
import { RobertaForSequenceClassification } from './model.js';
import { encoderWeights, headWeights, openWeights, readWeight } from './weights.js';

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
}

/**
 * @param folder holds `config.json` and `model.safetensors`
 * @throws when a file is missing or damaged, a tensor is missing, or a shape does not fit the configuration
 */
export async function loadRoberta(
  folder: string,
  { outputs, seed = 0, head = 'new' }: LoadOptions,
): Promise<RobertaForSequenceClassification> {
  requireOutputs('loadRoberta', outputs);
  const config = await readRobertaConfig(folder);
  const file = await openWeights(folder);
  const parameters: Parameter[] = [];
  try {
    for (const spec of encoderWeights(config)) {
      const data = await readWeight(file, spec);
      if (data === null) {
        throw new Error(`${file.path}: tensor ${spec.name} [${spec.shape.join(', ')}] is missing`);
      }
      parameters.push(parameterOf(spec, data, 'encoder'));
    }
    const normal = normals(seededGenerator(seed));
    for (const spec of headWeights(config, outputs)) {
      const stored = head === 'checkpoint' ? await readWeight(file, spec) : null;
      if (stored === null && head === 'checkpoint') {
        throw new Error(`${file.path}: head tensor ${spec.name} [${spec.shape.join(', ')}] is missing`);
      }
      const values = stored ?? initialValues(spec, config, normal);
      parameters.push(parameterOf(spec, values, 'head'));
    }
    return new RobertaForSequenceClassification(config, parameters);
  } catch (error) {
    for (const { variable } of parameters) variable.dispose();
    throw error;
  } finally {
    await file.close();
  }
}
