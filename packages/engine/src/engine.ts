/**
 * The one face behind which a training step or a forward pass runs.
 *
 * A step is ordinary tfjs code, a function of named tensors and of declared random streams. An eager engine simply calls
 * it; an engine that compiles calls it once for every set of input shapes, records the graph from the inputs, variables
 * and streams to the outputs, and runs that. So a step must depend on nothing else, and change nothing: what is to become
 * of a variable is an output, which the caller assigns.
 */
import type { NamedTensors, RandomStream, StreamOptions } from '@ggm-peft/tfjs-onnx';
import type * as tf from '@tensorflow/tfjs';
import type { EngineName } from './engine-names.js';

export type { NamedTensors, RandomStream, StreamOptions };

/** A function of named tensors and random streams: it returns new tensors and disposes of nothing that it was given. */
export type Step<S extends string = never> = (
  inputs: NamedTensors,
  streams: Record<S, RandomStream>,
) => NamedTensors;

export interface CompileOptions<S extends string = never> {
  /** Every variable that the step reads. Default none. Eager engines don't need to know. */
  readonly variables?: readonly tf.Variable[];
  /**
   * Those of `variables` that training leaves alone. An engine that was started with weights in float16 keeps the matrices
   * and larger tensors among them so, and vectors in float32. Default none.
   */
  readonly frozen?: readonly tf.Variable[];
  /**
   * The step's sources of random numbers by name, each with a seed in 0..2⁵³−1. The same seed and draw give the same
   * numbers on every engine. Default none; tfjs's own random ops are refused by engines that compile.
   */
  readonly streams?: Readonly<Record<S, StreamOptions>>;
}

export interface RunOptions {
  /** The number that, with its seed, determines what a stream gives: an integer from 0. Default: this step's runs so far. */
  readonly draw?: number;
}

export interface CompiledStep {
  /**
   * Runs the step. Tensors made on the way are disposed of; the outputs belong to the caller, who disposes of them, and
   * the inputs stay as they are.
   */
  run(inputs: NamedTensors, options?: RunOptions): Promise<NamedTensors>;
  /** Frees what the engine keeps for this step. Running it afterwards is an error. */
  dispose(): Promise<void>;
}

export interface Engine {
  readonly name: EngineName;
  /** One line for people: device, threads, version. */
  readonly description: string;
  /** What computes. A caller may give a cpu several small steps for one padded one; a gpu wants few large ones. */
  readonly device: 'cpu' | 'gpu';
  /** How many shapes of inputs it takes gladly: `few` where each new set of them costs a compilation, up to seconds. */
  readonly shapes: 'any' | 'few';
  /** Where tensors live: on the `host` as typed arrays that tfjs hands out without copying, or on the `device`. */
  readonly memory: 'host' | 'device';
  /** Makes a step runnable on this engine. */
  compile<S extends string = never>(step: Step<S>, options?: CompileOptions<S>): CompiledStep;
  /** A tensor's values in row-major order; integers and booleans as floats. The tensor stays. */
  read(tensor: tf.Tensor): Promise<Float32Array>;
  /**
   * Stops the engine, frees its memory and threads, and leaves tfjs on its cpu backend. Tensors and variables that live on
   * the engine are lost: read what is still needed first. A second call does nothing.
   */
  dispose(): Promise<void>;
}
