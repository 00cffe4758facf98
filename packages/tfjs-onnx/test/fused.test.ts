/** Operations with closed-form gradients, computed eagerly. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { gelu, layerNorm } from '../src/index.js';
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
