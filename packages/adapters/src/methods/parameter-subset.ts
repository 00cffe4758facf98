/**
 * Methods that train a fixed subset of the model's own parameters:
 *
 * - `full`: every parameter;
 * - `bitfit`: the biases of the encoder's linear and normalisation layers (Ben Zaken et al. 2022, arXiv 2106.10199);
 * - `head`: the task head alone.
 *
 * The head trains in all of them.
 */
import type { AdaptableModel } from '../model.js';
import type { Parameter } from '../parameter.js';
import { readTensor } from '../tensor-data.js';
import { noProgress } from './progress.js';
import type { AttachedMethod, MethodName, Trainable } from './method.js';

/** Whether an encoder parameter trains. */
type Choice = (parameter: Parameter) => boolean;

const choices: Readonly<Record<Exclude<MethodName, 'apca'>, Choice>> = {
  full: () => true,
  bitfit: ({ name }) => name.endsWith('.bias'),
  head: () => false,
};

/** The parameters that a method trains, the head's included, in the model's order. */
export function trainedByMethod(model: AdaptableModel, name: Exclude<MethodName, 'apca'>): Parameter[] {
  return model.parameters.filter((parameter) => parameter.role === 'head' || choices[name](parameter));
}

/** Attaches a method that trains a subset of the model's parameters; the model itself is left as it is. */
export function attachParameterSubset(
  model: AdaptableModel,
  name: Exclude<MethodName, 'apca'>,
): AttachedMethod {
  const chosen = trainedByMethod(model, name);
  const trainables: readonly Trainable[] = chosen.map(({ name: parameterName, variable, role }) => ({
    name: parameterName,
    variable,
    role,
  }));
  return {
    name,
    settledEpoch: 0,
    observesSteps: false,
    allocation: null,
    trainables: () => trainables,
    checkPlan: () => undefined,
    startEpoch: () => Promise.resolve(null),
    afterStep: () => Promise.resolve(),
    progress: () => Promise.resolve(noProgress),
    resume: () => Promise.resolve(),
    state: async () => {
      const encoder = chosen.filter(({ role }) => role === 'encoder');
      const entries = await Promise.all(
        encoder.map(async (parameter) => [parameter.name, await readTensor(parameter.variable)] as const),
      );
      return { method: name, tensors: new Map(entries), layout: {} };
    },
    dispose: () => undefined,
  };
}
