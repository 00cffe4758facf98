/**
 * What every fine-tuning method offers to a trainer. A method is attached to one model and decides which values
 * train; it may look at gradients after each step and may change the set at the start of an epoch.
 */
import type * as tf from '@tensorflow/tfjs';

import type { TensorData } from '../tensor-data.js';
import type { ParameterRole } from '../parameter.js';
import type { MethodProgress } from './progress.js';

export const methodNames = ['apca', 'pissa', 'lora', 'adalora', 'bitfit', 'full', 'head'] as const;
export type MethodName = (typeof methodNames)[number];

/** A trainable tensor. `role` decides its learning rate: adapter values and head values have their own. */
export interface Trainable {
  readonly name: string;
  readonly variable: tf.Variable;
  readonly role: ParameterRole;
}

/** Where a trainable's optimiser state comes from after the set has changed: a slice of an earlier trainable's. */
export interface StateOrigin {
  readonly axis: 0 | 1;
  readonly indices: readonly number[];
}

/** The set of trainables has changed; old variables that are gone are disposed of already. */
export interface Reallocation {
  readonly trainables: readonly Trainable[];
  /** For trainables that are slices of a tensor of the same name: which slice. Others keep their state whole. */
  readonly origins: ReadonlyMap<string, StateOrigin>;
  readonly allocation: Allocation;
}

/** Which nodes were selected, and why. */
export interface Allocation {
  /** What they were selected by, as the method names it: `ggm`, `importance`, ... */
  readonly selection: string;
  /** All nodes in order. */
  readonly nodes: readonly { readonly name: string; readonly size: number }[];
  /** Positions of the selected nodes, best first (important nodes lead). */
  readonly selected: readonly number[];
  readonly important: readonly number[];
  /** What the nodes were ranked by, in node order; with `ggm` how strongly each is connected to the important ones: ‖Ω_{I,j}‖₂. */
  readonly strengths: Float64Array;
  /** Nodes whose scores are rounding noise (RoBERTa's key biases): connected with nothing. */
  readonly dead: readonly number[];
  /** Number of score samples n. */
  readonly samples: number;
  /** The graphical model's fit; null for a selection that rests on none. */
  readonly solver: GraphFit | null;
}

/** How the graphical model was fitted. */
export interface GraphFit {
  readonly mode: 'exact' | 'reference';
  /** λ, τ and the intensity of the shrinkage towards the identity. */
  readonly coupling: number;
  readonly tau: number;
  readonly shrinkage: number;
  /** `converged`, or how else it ended; `message` says what to try then. */
  readonly status: string;
  readonly message: string;
  readonly iterations: number;
  /** Null in reference mode, which has no stationarity test. */
  readonly stationarity: number | null;
  readonly objective: number | null;
  readonly seconds: number;
}

/** Number of values that train at present. */
export interface TrainableCounts {
  readonly adapter: number;
  readonly head: number;
  readonly total: number;
}

/** The number of epochs and steps that a trainer is going to run. */
export interface TrainingPlan {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}

/** Everything that the method changed in the encoder, by name; with the base weights it restores the model. */
export interface MethodState {
  readonly method: MethodName;
  readonly tensors: ReadonlyMap<string, TensorData>;
  /** Plain JSON that the method needs to read its tensors again. */
  readonly layout: Readonly<Record<string, unknown>>;
}

/**
 * What a method has added to a layer's weight: W_now = W_base + A B, up to rounding. What a pair's product is multiplied
 * by (λ, a scale) is in B.
 */
export interface LowRankDelta {
  /** A [out, rank], row-major. */
  readonly a: Float32Array;
  /** B [rank, in], row-major. */
  readonly b: Float32Array;
  readonly rank: number;
}

/** A method's result, on the model that it was attached to or restored on. */
export interface TrainedMethod {
  readonly name: MethodName;
  /** Reads the values that restore the model on its base weights. */
  state(): Promise<MethodState>;
  /** What was added to each adapted layer's weight, by layer name; empty for methods that train the model's own values. */
  deltas(): Promise<ReadonlyMap<string, LowRankDelta>>;
}

export interface AttachedMethod extends TrainedMethod {
  /** What trains now, in the model's order. */
  trainables(): readonly Trainable[];
  /** First epoch (0-based) in which the final set trains, known after `checkPlan`: 0 unless the method allocates. */
  readonly settledEpoch: number;
  /**
   * Told once, before the first epoch, what the trainer is going to run.
   * @throws when the plan leaves the method no room to do its work
   */
  checkPlan(plan: TrainingPlan): void;
  /** Called before each epoch (0-based); returns the new set if it changed. */
  startEpoch(epoch: number): Promise<Reallocation | null>;
  /** Whether `afterStep` wants this epoch's gradients. */
  readonly observesSteps: boolean;
  /** Called after each optimiser step with that step's gradients by trainable name. */
  afterStep(gradients: ReadonlyMap<string, tf.Tensor>): Promise<void>;
  /** What was allocated, or null if nothing was (yet). */
  readonly allocation: Allocation | null;
  /**
   * Reads what the method goes on from in the middle of a run, besides the values that train. The arrays may be the method's
   * own: read them before the next step, and do not write to them.
   */
  progress(): Promise<MethodProgress>;
  /**
   * Goes on from the progress of a method that was attached with the same options to the same base weights; this one has not
   * trained. The same trainables are there afterwards; the caller gives them their values.
   * @throws when the progress does not fit, before anything changes
   */
  resume(progress: MethodProgress): Promise<void>;
  /**
   * What the method still has to do before its result is what its name promises, as a sentence's end ("has selected no
   * nodes: ..."); null when nothing is missing. A trainer ends with an error while something is.
   */
  readonly pending: string | null;
  /** A term of the loss, to be computed within the training step; the trainer adds it to the task's loss. */
  readonly regulariser?: () => tf.Scalar;
  /** Leaves the model computing what it does, without adapters, and gives back the variables that the method created. */
  dispose(): void;
}

/** Counts values by role. */
export function countTrainables(trainables: readonly Trainable[]): TrainableCounts {
  let adapter = 0;
  let head = 0;
  for (const { variable, role } of trainables) {
    if (role === 'head') head += variable.size;
    else adapter += variable.size;
  }
  return { adapter, head, total: adapter + head };
}
