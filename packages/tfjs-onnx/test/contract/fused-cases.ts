/** This package's own operations, with zeros and with numbers that overflow an exponential. */
import * as tf from '@tensorflow/tfjs';
import { attentionWeights, gelu, layerNorm } from '../../src/index.js';
import { get, ofOne, type Case } from './case.js';
import type { Random } from './random.js';

/** Of a random magnitude, zero included. */
const ofAnySize = (random: Random, shape: number[]): tf.Tensor =>
  tf.mul(random.floats(shape), random.pick([0, 1, 20, 1e4], 1));

const norm = (title: string, shapeOf: (random: Random) => number[]): Case => ({
  title,
  draw: (random) => {
    const shape = shapeOf(random);
    const width = shape.at(-1) ?? 1;
    return {
      inputs: { x: ofAnySize(random, shape), gamma: random.floats([width]), beta: random.floats([width]) },
      fn: (inputs) => layerNorm(get(inputs, 'x'), get(inputs, 'gamma'), get(inputs, 'beta'), 1e-5),
      by: ['x', 'gamma', 'beta'],
    };
  },
});

/** Scores of [..., queries, keys], some keys hidden. */
const attention = (
  title: string,
  sizesOf: (random: Random) => { leading: number[]; queries: number; keys: number },
): Case => ({
  title,
  draw: (random) => {
    const { leading, queries, keys } = sizesOf(random);
    const width = random.integer(1, 5);
    const thin = leading.map((size) => (random.flag() ? 1 : size));
    return {
      inputs: {
        query: random.floats([...leading, queries, width]),
        key: random.floats([...leading, keys, width]),
        bias: tf.mul(tf.cast(random.bools([...thin, 1, keys]), 'float32'), random.pick([-1e9, 1], 1)),
      },
      fn: (inputs) => attentionWeights(get(inputs, 'query'), get(inputs, 'key'), get(inputs, 'bias'), 0.7),
      by: ['query', 'key', 'bias'],
    };
  },
});

export const fusedCases: readonly Case[] = [
  ofOne('gelu', (random) => ofAnySize(random, random.shape(0, 4)), gelu),
  norm('layerNorm', (random) => [...random.shape(0, 3), random.integer(2, 9)]),
  attention('attentionWeights', (random) => ({
    leading: random.shape(0, 2),
    queries: random.integer(1, 6),
    keys: random.integer(1, 6),
  })),
];
