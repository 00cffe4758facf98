/** What our product for the wasm backend does beyond what tfjs's other backends do. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Engine } from '../src/engine.js';
import { startEngine } from '../src/start-engine.js';
import { largestDifference, plainProduct, values } from './product.js';

describe('matMul on the wasm engine', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine('wasm', { threads: 1 });
  });
  afterAll(() => engine.dispose());

  // tfjs's cpu backend returns half of this one
  it('broadcasts batches against each other', async () => {
    const shape = { rows: 3, depth: 4, columns: 5, transposeA: false, transposeB: false };
    const a = values(2 * 12, 1);
    const b = values(3 * 20, 2);
    const y = tf.tidy(() => tf.matMul(tf.tensor(a, [2, 1, 3, 4]), tf.tensor(b, [1, 3, 4, 5])));
    const expected = [0, 1].flatMap((i) =>
      [0, 1, 2].flatMap((j) => plainProduct(a.subarray(12 * i), b.subarray(20 * j), shape)),
    );
    expect(y.shape).toEqual([2, 3, 3, 5]);
    expect(largestDifference(await engine.read(y), expected)).toBeLessThan(1e-5);
    y.dispose();
  });

  it('multiplies after the heap has grown', async () => {
    const shape = { rows: 5, depth: 6, columns: 7, transposeA: true, transposeB: false };
    const [a, b] = [values(30, 3), values(42, 4)];
    const [left, right] = [tf.tensor2d(a, [6, 5]), tf.tensor2d(b, [6, 7])];
    const large = tf.zeros([30_000_000]);
    const y = tf.matMul(left, right, true, false);
    expect(largestDifference(await engine.read(y), plainProduct(a, b, shape))).toBeLessThan(1e-5);
    tf.dispose([left, right, large, y]);
  });

  it('fuses leaky and parametric ReLU', async () => {
    const a = tf.tensor2d([1, -1], [2, 1]);
    const b = tf.tensor2d([1, 2], [1, 2]);
    const leaky = tf.fused.matMul({ a, b, activation: 'leakyrelu', leakyreluAlpha: 0.5 });
    const parametric = tf.fused.matMul({
      a,
      b,
      activation: 'prelu',
      preluActivationWeights: tf.tensor2d([0.1, 0.25], [1, 2]),
    });
    expect([...(await engine.read(leaky))]).toEqual([1, 2, -0.5, -1]);
    expect(largestDifference(await engine.read(parametric), [1, 2, -0.1, -0.5])).toBeLessThan(1e-7);
    tf.dispose([a, b, leaky, parametric]);
  });

  it('frees what it makes on the way', () => {
    const backend = tf.backend();
    const [a, b, bias] = [tf.ones([2, 3]), tf.ones([3, 4]), tf.ones([4])];
    const before = backend.numDataIds();
    const y = tf.fused.matMul({ a, b, bias, activation: 'relu' });
    tf.dispose([a, b, bias, y]);
    expect(backend.numDataIds()).toBe(before - 3);
  });

  it('names the shapes that do not match', () => {
    const kernel = tf.getKernel(tf.BatchMatMul, 'wasm');
    const [a, b] = [tf.zeros([2, 3]), tf.zeros([4, 5])];
    expect(() => kernel.kernelFunc({ inputs: { a, b }, backend: tf.backend(), attrs: {} })).toThrow(
      'matMul: inner sizes must be equal; received 3 and 4, of shapes [2, 3] and [4, 5]',
    );
    tf.dispose([a, b]);
  });
});

describe('unsortedSegmentSum on the wasm engine', () => {
  it('drops ids out of range and checks the ids', async () => {
    const engine = await startEngine('wasm', { threads: 1 });
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const y = tf.tidy(() => tf.unsortedSegmentSum(x, tf.tensor1d([1, -1, 7], 'int32'), 3));
    expect([...(await engine.read(y))]).toEqual([0, 0, 1, 2, 0, 0]);
    expect(() => tf.tidy(() => tf.unsortedSegmentSum(x, tf.tensor1d([1, 0], 'int32'), 3))).toThrow(
      'unsortedSegmentSum: segmentIds must be [3], one id for each row of x; received shape [2]',
    );
    await engine.dispose();
  });
});
