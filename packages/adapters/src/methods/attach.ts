/** One way in for all methods: attach by name, restore by saved state. */
import { checkOptions, nearestNames } from '@ggm-peft/linalg';

import type { AdaptableModel } from '../model.js';
import { adalora } from './adalora.js';
import type { AdaloraOptions } from './adalora.js';
import { apca } from './apca.js';
import type { ApcaOptions } from './apca.js';
import type { MethodDefinition } from './definition.js';
import { lora } from './lora.js';
import type { LoraOptions } from './lora.js';
import type { AttachedMethod, MethodName, MethodState, TrainedMethod, TrainingPlan } from './method.js';
import { bitfit, full, head } from './parameter-subset.js';
import type { NoOptions } from './parameter-subset.js';
import { pissa } from './pissa.js';
import type { PissaOptions } from './pissa.js';

/** Each method's options. */
export interface MethodOptions {
  apca: ApcaOptions;
  pissa: PissaOptions;
  lora: LoraOptions;
  adalora: AdaloraOptions;
  full: NoOptions;
  bitfit: NoOptions;
  head: NoOptions;
}

const methods: { readonly [N in MethodName]: MethodDefinition<MethodOptions[N]> } = {
  apca,
  pissa,
  lora,
  adalora,
  full,
  bitfit,
  head,
};

/** The names of a method's options. */
export function methodOptionNames(name: MethodName): readonly string[] {
  return methods[name].optionNames;
}

/**
 * Whether a method can do its work with a plan; attaching it is not needed to ask.
 * @throws when it cannot
 */
export function checkPlan<N extends MethodName>(
  name: N,
  plan: TrainingPlan,
  options?: MethodOptions[N],
): void {
  requireMethod('checkPlan', name);
  methods[name].checkPlan(plan, options ?? {});
}

/**
 * Attaches a fine-tuning method to a model.
 * @param options the method's own: those of another are errors
 * @throws TypeError when there is no such method or option; and what the method's own checks throw
 */
export async function attachMethod<N extends MethodName>(
  model: AdaptableModel,
  name: N,
  options?: MethodOptions[N],
): Promise<AttachedMethod> {
  requireMethod('attachMethod', name);
  checkOptions(`attachMethod ${name}`, options ?? {}, methods[name].optionNames);
  return methods[name].attach(model, options ?? {});
}

function requireMethod(caller: string, name: string): void {
  const known = Object.keys(methods);
  if (known.includes(name)) return;
  const near = nearestNames(name, known, 1).join('');
  throw new TypeError(
    `${caller}: the method must be one of ${known.join(', ')}; got ${name}; did you mean ${near}?`,
  );
}

/**
 * Puts a trained state on a model that holds the base weights. Frozen weights are rebuilt by the same arithmetic as
 * in training, so that the restored model's outputs are the trained model's to the last bit on the same engine.
 * @throws when the state names a layer or parameter that the model lacks, or shapes differ; the model is then as it was
 */
export async function restoreMethod(model: AdaptableModel, state: MethodState): Promise<TrainedMethod> {
  const deltas = await methods[state.method].restore(model, state);
  return { name: state.method, deltas, state: () => Promise.resolve(state) };
}
