/** How a started engine runs steps: each kind of engine has one. */
import type * as tf from '@tensorflow/tfjs';
import type { NamedTensors, Step, StreamOptions } from '../engine.js';

/** A step with everything that it declared. */
export interface StepParts<S extends string> {
  readonly step: Step<S>;
  readonly variables: readonly tf.Variable[];
  readonly frozen: readonly tf.Variable[];
  readonly streams: Readonly<Record<S, StreamOptions>>;
}

/** A step that is ready to run; whoever holds it checks that its engine is. */
export interface PreparedStep {
  run(inputs: NamedTensors, draw: number): Promise<NamedTensors>;
  dispose(): Promise<void>;
}

export interface StepKind {
  /** How many shapes of inputs it takes gladly. */
  readonly shapes: 'any' | 'few';
  prepare<S extends string>(parts: StepParts<S>): PreparedStep;
}
