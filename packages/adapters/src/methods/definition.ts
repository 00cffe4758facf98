/** What makes a fine-tuning method: how it is attached to a model, and how what it trained is put back. */
import type { AdaptableModel } from '../model.js';
import type { AttachedMethod, MethodName, MethodState, TrainedMethod, TrainingPlan } from './method.js';

/** @typeParam O the method's options, all of them optional */
export interface MethodDefinition<O extends object> {
  readonly name: MethodName;
  /** The names of its options: any other is an error. */
  readonly optionNames: readonly (keyof O & string)[];
  /**
   * Attaches the method to a model that carries no adapter.
   * @throws when an option does not fit; the model is then as it was
   */
  readonly attach: (model: AdaptableModel, options: O) => Promise<AttachedMethod>;
  /** @throws when the plan leaves a method with these options no room to do its work */
  readonly checkPlan: (plan: TrainingPlan, options: O) => void;
  /**
   * Puts a trained state on a model that holds the base weights, by the same arithmetic as in training: the outputs are the
   * trained model's to the last bit on the same engine.
   * @returns what gives the state's deltas: see `TrainedMethod`
   * @throws when the state does not fit the model, which is then as it was
   */
  readonly restore: (model: AdaptableModel, state: MethodState) => Promise<TrainedMethod['deltas']>;
}
