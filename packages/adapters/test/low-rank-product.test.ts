/** The merged product is x (W + A B)ᵀ, with its gradients, and computes no gradient that nobody asked for. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { Linear } from '../src/index.js';
import type { Parameter } from '../src/index.js';
import { mergedProduct, mergingPays } from '../src/low-rank-product.js';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

const names = ['x', 'w', 'a', 'b'] as const;

function operands(seed: number): Record<(typeof names)[number], tf.Tensor> {
  const draw = (shape: [number, number], at: number): tf.Tensor =>
    tf.randomNormal(shape, 0, 1, 'float32', seed * 10 + at);
  return { x: draw([40, 6], 1), w: draw([5, 6], 2), a: draw([5, 2], 3), b: draw([2, 6], 4) };
}

function composed({ x, w, a, b }: Record<(typeof names)[number], tf.Tensor>): tf.Tensor {
  return tf.add(tf.matMul(x, w, false, true), tf.matMul(tf.matMul(x, b, false, true), a, false, true));
}

async function differenceOf(actual: tf.Tensor, expected: tf.Tensor): Promise<number> {
  const [found, reference] = await Promise.all([actual.data(), expected.data()]);
  const scale = Math.max(...reference.map(Math.abs));
  return Math.max(...Array.from(reference, (value, i) => Math.abs(value - (found[i] ?? NaN)))) / scale;
}

/** How many matrix products tfjs runs in a function. */
async function productsOf(fn: () => tf.TensorContainer): Promise<number> {
  const { kernelNames, kernels } = await tf.profile(() => fn());
  expect(kernelNames.length).toBeGreaterThan(0);
  return kernels.filter(({ name }) => name === tf.BatchMatMul).length;
}

describe('mergedProduct', () => {
  it('has the value and the gradients of the composed product', async () => {
    const given = operands(1);
    const dy = tf.randomNormal([40, 5], 0, 1, 'float32', 7);
    const gradientsOf = (product: (inputs: typeof given) => tf.Tensor): tf.Tensor[] =>
      tf.grads((...list) =>
        product({ ...given, ...Object.fromEntries(names.map((name, i) => [name, list[i]])) }),
      )(
        names.map((name) => given[name]),
        dy,
      );
    expect(await differenceOf(mergedProduct(given), composed(given))).toBeLessThan(1e-6);
    const [actual, expected] = [gradientsOf(mergedProduct), gradientsOf(composed)];
    for (const [i, name] of names.entries()) {
      const [found, reference] = [actual[i], expected[i]];
      if (found === undefined || reference === undefined) throw new Error(`${name} has no gradient`);
      expect([name, (await differenceOf(found, reference)) < 1e-5]).toEqual([name, true]);
    }
  });

  it('computes the gradients that are asked for and no others', async () => {
    const { x, w, a, b } = operands(2);
    const variables = { w: tf.variable(w), a: tf.variable(a), b: tf.variable(b) };
    const count = async (trained: (keyof typeof variables)[]): Promise<number> =>
      productsOf(
        () =>
          tf.variableGrads(
            () => tf.sum(mergedProduct({ x, ...variables })),
            trained.map((name) => variables[name]),
          ).grads,
      );
    // Forward: A B and x Wᵀ. Backward: two products each for A and B, one for W, none for x
    expect(await count(['a', 'b'])).toBe(2 + 4);
    expect(await count(['a'])).toBe(2 + 2);
    expect(await count(['w', 'a', 'b'])).toBe(2 + 5);
  });
});

describe('Linear', () => {
  const parameter = (name: string, values: tf.Tensor): Parameter => ({
    name,
    variable: tf.variable(values),
    role: 'encoder',
  });

  it.each([2, 40])('multiplies %i rows by W + A B', async (rows) => {
    const { x, w, a, b } = operands(3);
    const layer = new Linear('site', parameter('site.weight', w), parameter('site.bias', tf.ones([5])));
    layer.setPair({ a: tf.variable(a), b: tf.variable(b) });
    const part = tf.slice(x, [0, 0], [rows, 6]);
    expect(mergingPays({ rows, inFeatures: 6, outFeatures: 5 })).toBe(rows === 40);
    const expected = tf.add(composed({ x: part, w, a, b }), 1);
    expect(
      await differenceOf(layer.apply(part.reshape([1, rows, 6])).reshape([rows, 5]), expected),
    ).toBeLessThan(1e-6);
  });
});
