/**
 * Declared sources of random numbers. A traced function asks its streams, and not tfjs's random ops, whose numbers a trace
 * would freeze: what a stream gives is an input of the graph, drawn anew for each run.
 *
 * What it draws depends on the stream's name and seed, the number of the run (the draw), and how many times the function
 * has asked this stream before. `eagerStreams` gives the same numbers to the function run eagerly.
 */
import * as tf from '@tensorflow/tfjs';
import { maskedDropout } from '../fused/dropout.js';
import { keepMask, keyOf, normals, rateStep, uniforms, type Key } from './counter-generator.js';
import { sizeOf } from '../graph/value.js';

/** Options of a declared stream. */
export interface StreamOptions {
  /** An integer in 0..2⁵³−1. */
  readonly seed: number;
}

export interface RandomStream {
  /**
   * Dropout: each element is 0 with probability `rate`, and divided by 1 − rate otherwise. The gradient goes through the
   * same mask.
   *
   * @param x any shape, float32
   * @param rate in 0..1, 1 excluded; rounded to a multiple of 2⁻¹⁶ (and the scale with it)
   */
  apply<T extends tf.Tensor>(x: T, rate: number): T;
  /** Uniform on [low, high), float32; default [0, 1). */
  uniform(shape: readonly number[], low?: number, high?: number): tf.Tensor;
  /** Normal, float32; default mean 0, deviation 1. */
  normal(shape: readonly number[], mean?: number, deviation?: number): tf.Tensor;
}

/** One thing that a function asked a stream for. */
export interface Request {
  readonly shape: readonly number[];
  /** uint8 for masks, which tfjs calls bool. */
  readonly type: 'uint8' | 'float32';
  readonly draw: (key: Key) => Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
}

/** Gives the tensor that a request stands for; `index` counts a stream's requests. */
type Fulfil = (request: Request, index: number) => tf.Tensor;

export const streamKey = (name: string, seed: number, draw: number, index: number): Key =>
  keyOf(name, seed, draw, index);

export function checkSeed(name: string, { seed }: StreamOptions): void {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new Error(`compile: the seed of stream ${name} must be an integer in 0..2^53-1; got ${seed}`);
}

export function makeStream(fulfil: Fulfil): RandomStream {
  let asked = 0;
  const ask = (request: Request): tf.Tensor => fulfil(request, asked++);
  return {
    apply<T extends tf.Tensor>(x: T, rate: number): T {
      if (!(rate >= 0 && rate < 1)) throw new Error(`dropout: rate must be in [0, 1); got ${rate}`);
      const dropped = Math.min(Math.round(rate / rateStep), 1 / rateStep - 1);
      const size = x.size;
      const mask = ask({ shape: x.shape, type: 'uint8', draw: (key) => keepMask(key, size, dropped) });
      return maskedDropout(x, mask, 1 / (1 - dropped * rateStep)) as T;
    },
    uniform: (shape, low = 0, high = 1) =>
      ask({ shape, type: 'float32', draw: (key) => uniforms(key, sizeOf(shape), low, high) }),
    normal: (shape, mean = 0, deviation = 1) =>
      ask({ shape, type: 'float32', draw: (key) => normals(key, sizeOf(shape), mean, deviation) }),
  };
}

/**
 * Streams for running the function without compiling it, with the numbers that a compiled run would get.
 *
 * @param streams as given to `compile`
 * @param draw the number of the run, 0 for the first
 */
export function eagerStreams<S extends string>(
  streams: Readonly<Record<S, StreamOptions>>,
  draw: number,
): Record<S, RandomStream> {
  return mapStreams(streams, (name, options) => {
    checkSeed(name, options);
    return makeStream(({ shape, type, draw: values }, index) =>
      tf.tensor(
        values(streamKey(name, options.seed, draw, index)),
        [...shape],
        type === 'uint8' ? 'bool' : type,
      ),
    );
  });
}

/** A record with the same names. */
export function mapStreams<S extends string>(
  streams: Readonly<Record<S, StreamOptions>>,
  fn: (name: S, options: StreamOptions) => RandomStream,
): Record<S, RandomStream> {
  const mapped: Partial<Record<S, RandomStream>> = {};
  for (const name in streams) mapped[name] = fn(name, streams[name]);
  return mapped as Record<S, RandomStream>;
}
