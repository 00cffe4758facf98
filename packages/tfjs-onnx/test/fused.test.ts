/**
 * Fused operations: values and gradients by definition, and the same compiled as run op by op on tfjs's cpu backend, on small
 * arrays and on large ones, whose rows are worked on in blocks.
 *
 * @jest-environment ./test/node-arrays-environment.mjs
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { blockCount } from '../src/graph/blocks.js';
import { attentionWeights, compile, eagerStreams, gelu, layerNorm } from '../src/index.js';
import type { NamedTensors } from '../src/index.js';
import { keyOf, uniforms } from '../src/streams/counter-generator.js';
import { difference } from './difference.js';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

const x = (): tf.Tensor2D => tf.tensor2d([0.3, -1.2, 2.1, 0.05, -0.7, 1.4, -2.6, 0.9], [2, 4]);

describe('layerNorm', () => {
  it('has zero mean and unit variance before scale and shift', () => {
    const rows = tf.tidy(() => layerNorm(x(), tf.ones([4]), tf.zeros([4]), 0).arraySync()) as number[][];
    for (const row of rows) {
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 5);
      expect(row.reduce((sum, value) => sum + value * value, 0) / 4).toBeCloseTo(1, 5);
    }
  });

  it('has the gradients of the composed expression', async () => {
    const weights = tf.tensor2d([1, -2, 0.5, 3, -1, 0.25, 2, 1.5], [2, 4]);
    const gamma = tf.tensor1d([1.5, 0.5, -1, 2]);
    const beta = tf.tensor1d([0.1, 0.2, 0.3, 0.4]);
    const composed = (input: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor): tf.Tensor => {
      const { mean, variance } = tf.moments(input, -1, true);
      return tf.add(tf.mul(tf.div(tf.sub(input, mean), tf.sqrt(tf.add(variance, 1e-5))), scale), shift);
    };
    const gradients = (norm: typeof composed): tf.Tensor[] =>
      tf.grads((input: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor) =>
        tf.sum(tf.mul(norm(input, scale, shift), weights)),
      )([x(), gamma, beta]);
    const own = gradients((input, scale, shift) => layerNorm(input, scale, shift, 1e-5));
    const reference = gradients(composed);
    for (const [i, gradient] of own.entries()) {
      expect(difference(await gradient.data(), (await reference[i]?.data()) ?? [])).toBeLessThan(1e-5);
    }
  });
});

describe('gelu', () => {
  it('has the values of x Φ(x)', async () => {
    // Φ at these points from tables of the normal distribution.
    const values = await gelu(tf.tensor1d([-2, -1, 0, 1, 2])).data();
    expect(difference(values, [-0.0455003, -0.1586553, 0, 0.8413447, 1.9544997])).toBeLessThan(1e-6);
  });

  it('has the gradient of finite differences', async () => {
    const points = [-3, -1.1, -0.2, 0.4, 2.2];
    const gradient = await tf
      .grad((input) => tf.sum(gelu(input)))(tf.tensor1d(points))
      .data();
    const step = 1e-2;
    const up = await gelu(tf.tensor1d(points.map((point) => point + step))).data();
    const down = await gelu(tf.tensor1d(points.map((point) => point - step))).data();
    points.forEach((_, i) => {
      expect(gradient[i]).toBeCloseTo(((up[i] ?? NaN) - (down[i] ?? NaN)) / (2 * step), 3);
    });
  });
});

/** f and the gradients of its weighted sum by each input. */
function withGradients(f: (inputs: NamedTensors) => tf.Tensor, inputs: NamedTensors): NamedTensors {
  const names = Object.keys(inputs).sort();
  const value = f(inputs);
  const gradients = tf.grads((...tensors) => {
    const output = f(Object.fromEntries(names.map((name, i) => [name, tensors[i] ?? tf.scalar(NaN)])));
    return tf.sum(tf.mul(output, tf.cos(tf.range(0, output.size)).reshape(output.shape)));
  })(names.map((name) => inputs[name] ?? tf.scalar(NaN)));
  return {
    value,
    ...Object.fromEntries(names.map((name, i) => [`gradient by ${name}`, gradients[i] ?? tf.scalar(NaN)])),
  };
}

async function compareCompiled(
  f: (inputs: NamedTensors) => tf.Tensor,
  inputs: NamedTensors,
  tolerance = 1e-5,
): Promise<void> {
  const compiled = compile((given) => withGradients(f, given), { threads: 1 });
  const expected = tf.tidy(() => withGradients(f, inputs));
  const actual = await compiled.run(inputs);
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, reference] of Object.entries(expected)) {
    const found = actual[name];
    if (found === undefined) throw new Error(`no ${name}`);
    expect(found.shape).toEqual(reference.shape);
    const worst = difference(await found.data(), await reference.data());
    expect([name, worst <= tolerance]).toEqual([name, true]);
  }
  tf.dispose([expected, actual]);
  await compiled.dispose();
}

/** Numbers in ±3 without a pattern. */
function values(shape: readonly number[], seed: number): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(uniforms(keyOf('fused', seed), size, -3, 3), [...shape]);
}

/** The last two are large: rows times width is above the size from which blocks are used. */
const shapes = [[3], [2, 5], [4, 3, 7], [1, 1], [700, 768], [8, 64, 1024]];

describe('compiled as computed', () => {
  it('uses blocks for the large ones and not for the others', () => {
    const blocks = shapes.map((shape) =>
      blockCount(tf.util.sizeFromShape(shape.slice(0, -1)), shape.at(-1) ?? 1),
    );
    expect(blocks.slice(0, 4)).toEqual([1, 1, 1, 1]);
    for (const count of blocks.slice(4)) expect(count).toBeGreaterThan(1);
  });

  it.each(shapes)('gelu of [%i, …]', async (...shape) => {
    await compareCompiled(({ x: given }) => gelu(given ?? tf.scalar(NaN)), { x: values(shape, 1) });
  });

  it('gelu where its terms overflow, vanish or are subnormal', async () => {
    const points = [0, -0, 1e-38, -1e-30, 5, -5, 9.5, -9.5, 14, -14, 200, -200, 1e19, -1e19, 3e38, -3e38];
    const compiled = compile(({ points: given }) => ({
      value: gelu(given ?? tf.scalar(NaN)),
      slope: tf.grad((z) => gelu(z))(given ?? tf.scalar(NaN)),
    }));
    const { value, slope } = await compiled.run({ points: tf.tensor1d(points) });
    const [found = [], slopes = []] = await Promise.all([value?.data(), slope?.data()]);
    points.forEach((point, i) => {
      // Beyond 9.5, Φ is 0 or 1 in float32
      const expected = Math.abs(point) < 1e-6 ? [point / 2, 0.5] : [point > 0 ? point : 0, point > 0 ? 1 : 0];
      const loose = Math.abs(point) < 9 ? 1e-5 : 1e-6;
      expect([
        point,
        Math.abs((found[i] ?? NaN) - (expected[0] ?? NaN)) <= loose * Math.max(1, Math.abs(point)),
      ]).toEqual([point, true]);
      expect([point, Math.abs((slopes[i] ?? NaN) - (expected[1] ?? NaN)) <= 1e-5]).toEqual([point, true]);
    });
    await compiled.dispose();
  });

  it.each(shapes)('layerNorm of [%i, …]', async (...shape) => {
    const width = shape.at(-1) ?? 1;
    const operation = ({ x: given, gamma, beta }: NamedTensors): tf.Tensor =>
      layerNorm(given ?? tf.scalar(NaN), gamma ?? tf.scalar(NaN), beta ?? tf.scalar(NaN), 1e-5);
    const inputs = { x: values(shape, 2), gamma: values([width], 3), beta: values([width], 4) };
    // A row of one element has no spread: what is left is rounding over √ε. Sums over many rows are rounded on both sides.
    await compareCompiled(operation, inputs, width === 1 ? 1e-3 : width > 700 ? 5e-5 : 1e-5);
  });

  it.each([
    { queries: [2, 3, 5, 4], keys: 7 },
    { queries: [2, 2, 1, 4], keys: 6 },
    { queries: [8, 4, 128, 16], keys: 128 },
  ])('attentionWeights of $queries on $keys keys', async ({ queries, keys }) => {
    const [batch = 1, heads = 1, , width = 1] = queries;
    const hidden = tf.tidy(() =>
      tf.mul(tf.cast(tf.less(tf.range(0, keys), keys - 2), 'float32').sub(1), 1e9).reshape([1, 1, 1, keys]),
    );
    const operation = ({ query, key }: NamedTensors): tf.Tensor =>
      attentionWeights(query ?? tf.scalar(NaN), key ?? tf.scalar(NaN), hidden, 1 / Math.sqrt(width));
    await compareCompiled(operation, {
      query: values(queries, 5),
      key: values([batch, heads, keys, width], 6),
    });
    const weights = operation({ query: values(queries, 5), key: values([batch, heads, keys, width], 6) });
    const last = tf.slice(weights, [0, 0, 0, keys - 2], [-1, -1, -1, 2]);
    expect((await last.max().data())[0]).toBe(0); // hidden keys
  });

  it('gives the bias of attentionWeights its gradient, summed where it was repeated', async () => {
    const operation = ({ query, key, bias }: NamedTensors): tf.Tensor =>
      attentionWeights(query ?? tf.scalar(NaN), key ?? tf.scalar(NaN), bias ?? tf.scalar(NaN), 0.5);
    for (const shape of [[2, 1, 1, 6], [1, 3, 5, 6], [6]]) {
      const inputs = { query: values([2, 3, 5, 4], 7), key: values([2, 3, 6, 4], 8), bias: values(shape, 9) };
      await compareCompiled(operation, inputs);
    }
  });

  it.each(shapes)('dropout of [%i, …], the same mask forward and backward', async (...shape) => {
    const streams = { dropout: { seed: 7 } };
    const given = values(shape, 10);
    const step = (
      { given: input }: NamedTensors,
      { dropout }: ReturnType<typeof eagerStreams<'dropout'>>,
    ): NamedTensors => {
      const results = tf.valueAndGrad((z) => tf.sum(tf.square(dropout.apply(z, 0.3))))(
        input ?? tf.scalar(NaN),
      );
      return { value: results.value, gradient: results.grad };
    };
    const compiled = compile(step, { streams });
    const actual = await compiled.run({ given }, { draw: 4 });
    const expected = step({ given }, eagerStreams(streams, 4));
    for (const name of ['value', 'gradient']) {
      const [found = [], reference = []] = await Promise.all([actual[name]?.data(), expected[name]?.data()]);
      expect([name, difference(found, reference) <= 1e-5]).toEqual([name, true]);
    }
    await compiled.dispose();
  });
});
