/**
 * Methods that train a fixed subset of the model's own parameters:
 *
 * - `full`: every parameter that has a gradient;
 * - `bitfit`: the biases of the encoder's linear and normalisation layers (Ben Zaken et al. 2022, arXiv 2106.10199);
 * - `head`: the task head alone.
 *
 * The head trains in all of them.
 */
import type { AdaptableModel } from '../model.js';
import type { Parameter } from '../parameter.js';
import type { MethodDefinition } from './definition.js';
import { fixedMethod } from './fixed-method.js';
import type { AttachedMethod, Trainable } from './method.js';
import { readParameters, StoredState } from './stored-state.js';

/** A method without options. */
export type NoOptions = Readonly<Record<string, never>>;

type SubsetName = 'full' | 'bitfit' | 'head';

/** `beta` is the bias of tfjs's normalisation layers, `bias_1` that of a bidirectional layer's way back. */
const biasName = /\.(bias|beta)(_\d+)?$/;

export const full = subset('full', ({ fixed = false }) => !fixed);
export const bitfit = subset('bitfit', ({ name }) => biasName.test(name));
export const head = subset('head', () => false);

/** @param trains whether an encoder parameter trains */
function subset(name: SubsetName, trains: (parameter: Parameter) => boolean): MethodDefinition<NoOptions> {
  const encoderPart = (model: AdaptableModel): Parameter[] =>
    model.parameters.filter((parameter) => parameter.role === 'encoder' && trains(parameter));
  return {
    name,
    optionNames: [],
    checkPlan: () => undefined,
    attach: (model) => Promise.resolve(attach(name, model, encoderPart(model))),
    restore: (model, state) => {
      const stored = new StoredState(model, state);
      const assign = stored.takeParameters(encoderPart(model).map((parameter) => parameter.name));
      stored.finish();
      assign();
      return Promise.resolve(() => Promise.resolve(new Map()));
    },
  };
}

/** The model itself is left as it is. */
function attach(name: SubsetName, model: AdaptableModel, encoder: readonly Parameter[]): AttachedMethod {
  const chosen = new Set(encoder);
  const trainables: readonly Trainable[] = model.parameters
    .filter((parameter) => parameter.role === 'head' || chosen.has(parameter))
    .map(({ name: parameterName, variable, role }) => ({ name: parameterName, variable, role }));
  return fixedMethod({
    name,
    trainables: () => trainables,
    state: async () => ({ method: name, tensors: await readParameters(encoder), layout: {} }),
    deltas: () => Promise.resolve(new Map()),
    dispose: () => undefined,
  });
}
