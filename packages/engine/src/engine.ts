/**
 * The one face behind which a training step or a forward pass runs.
 *
 * A step is ordinary tfjs code, a function of named tensors. An eager engine simply calls it; an engine that compiles can
 * call it once for every set of input shapes, record the graph from the inputs and the variables to the outputs, and run
 * that. So a step must depend on nothing but its inputs and its variables (or say so: `drawsOnHost`), and may change
 * variables only by `assign` (as tfjs's optimizers do).
 */
import type * as tf from '@tensorflow/tfjs';
import type { EngineName } from './engine-names.js';

export type NamedTensors = Record<string, tf.Tensor>;

/** A function of named tensors: it returns new tensors and disposes of nothing that it was given. */
export type Step = (inputs: NamedTensors) => NamedTensors;

export interface CompileOptions {
  /** The variables that the step reads or assigns. Default none. Eager engines don't need to know. */
  readonly variables?: readonly tf.Variable[];
  /**
   * Whether the step draws from state on the host each time it is called, such as dropout masks. An engine that records
   * a step must not replay such a one: it has to call it again, or refuse it. Default false.
   */
  readonly drawsOnHost?: boolean;
}

export interface CompiledStep {
  /**
   * Runs the step. Tensors made on the way are disposed of; the outputs belong to the caller, who disposes of them, and
   * the inputs stay as they are.
   */
  run(inputs: NamedTensors): Promise<NamedTensors>;
  /** Frees what the engine keeps for this step. Running it afterwards is an error. */
  dispose(): void;
}

export interface Engine {
  readonly name: EngineName;
  /** One line for people: device, threads, version. */
  readonly description: string;
  /** What computes. A caller may give a cpu several small steps for one padded one; a gpu wants few large ones. */
  readonly device: 'cpu' | 'gpu';
  /** Makes a step runnable on this engine. */
  compile(step: Step, options?: CompileOptions): CompiledStep;
  /** A tensor's values in row-major order; integers and booleans as floats. The tensor stays. */
  read(tensor: tf.Tensor): Promise<Float32Array>;
  /**
   * Stops the engine, frees its memory and threads, and leaves tfjs on its cpu backend. Tensors and variables that live on
   * the engine are lost: read what is still needed first. A second call does nothing.
   */
  dispose(): Promise<void>;
}
