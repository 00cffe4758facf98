/**
 * Fused operations on arrays that are worked on in blocks. They work row by row, so that a few rows repeated many times
 * give the few rows' values and gradients, which the cpu backend computes.
 *
 * @jest-environment ./test/node-arrays-environment.mjs
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { attentionWeights, compile, gelu, layerNorm, type NamedTensors } from '../src/index.js';
import { blockCount } from '../src/graph/blocks.js';
import { get } from './contract/case.js';
import { Random } from './contract/random.js';
import { difference } from './difference.js';

const rows = 4;
const repeats = 256;
const width = 512;
const random = new Random(20261124);

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

describe.each([
  { title: 'gelu', fn: (inputs: NamedTensors) => gelu(get(inputs, 'x')), summed: [] },
  {
    title: 'layerNorm',
    fn: (inputs: NamedTensors) =>
      layerNorm(get(inputs, 'x'), get(inputs, 'gamma'), get(inputs, 'beta'), 1e-5),
    summed: ['gamma', 'beta'],
  },
  {
    title: 'attentionWeights',
    fn: (inputs: NamedTensors) => attentionWeights(get(inputs, 'x'), get(inputs, 'key'), tf.scalar(0), 0.1),
    summed: ['key'],
  },
])('$title in blocks', ({ fn, summed }) => {
  it('gives what it gives for few rows', async () => {
    expect(blockCount(rows * repeats, width)).toBeGreaterThan(1);
    const inputs: NamedTensors = {
      x: random.floats([rows, width]),
      gamma: random.floats([width]),
      beta: random.floats([width]),
      key: random.floats([width, width]),
      dy: random.floats([rows, width]),
    };
    const step = (given: NamedTensors): NamedTensors => {
      const by = ['x', ...summed];
      const loss = (...values: tf.Tensor[]): tf.Tensor =>
        tf.sum(
          tf.mul(
            fn({ ...given, ...Object.fromEntries(by.map((name, i) => [name, values[i] as tf.Tensor])) }),
            get(given, 'dy'),
          ),
        );
      const gradients = tf.grads(loss)(by.map((name) => get(given, name)));
      return { y: fn(given), ...Object.fromEntries(by.map((name, i) => [name, gradients[i] as tf.Tensor])) };
    };
    const repeated = {
      ...inputs,
      x: tf.tile(get(inputs, 'x'), [repeats, 1]),
      dy: tf.tile(get(inputs, 'dy'), [repeats, 1]),
    };
    const compiled = compile(step, { threads: 1 });
    const actual = await compiled.run(repeated);
    for (const [name, few] of Object.entries(step(inputs))) {
      const expected = summed.includes(name) ? tf.mul(few, repeats) : tf.tile(few, [repeats, 1]);
      const worst = difference(await get(actual, name).data(), await expected.data());
      expect({ name, worst, close: worst < 1e-5 }).toEqual({ name, worst, close: true });
    }
    await compiled.dispose();
  });
});
