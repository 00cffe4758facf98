/** What other programs are given: every pair folded in, the model as it was. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { AdaptableLayer, mergedParameters } from '../src/index.js';
import type { Parameter } from '../src/index.js';
import { toyInputs, ToyModel, toyValues } from './toy-model.js';

class Turned extends AdaptableLayer {
  constructor(name: string, weight: Parameter) {
    super(name, weight, null, 'in-out');
  }
}

let model: ToyModel;
beforeAll(async () => {
  await tf.setBackend('cpu');
});
beforeEach(() => {
  model = new ToyModel();
});
afterEach(() => {
  model.dispose();
});

const variable = (shape: number[], seed: number): tf.Variable =>
  tf.variable(
    tf.tensor(
      toyValues(
        shape.reduce((size, side) => size * side, 1),
        seed,
      ),
      shape,
    ),
  );

describe('mergedParameters', () => {
  it('gives parameters that compute what the model with its pairs computes', async () => {
    for (const [seed, layer] of model.layers.entries()) {
      layer.setPair({
        a: variable([layer.outFeatures, 3], seed),
        b: variable([3, layer.inFeatures], seed + 10),
        ...(seed % 2 === 0 ? { diagonal: variable([3], seed + 20), scale: 2.5 } : {}),
      });
    }
    const x = toyInputs(4);
    const before = await model.forward(x).data();
    const tensors = tf.memory().numTensors;
    const merged = await mergedParameters(model);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(await model.forward(x).data()).toEqual(before);

    expect([...merged.keys()]).toEqual(model.parameters.map(({ name }) => name));
    for (const layer of model.layers) layer.setPair(null);
    const alone = await model.forward(x).data();
    for (const { name, variable: values } of model.parameters) {
      const tensor = merged.get(name);
      expect(tensor?.shape).toEqual(values.shape);
      values.assign(tf.tensor(tensor?.data ?? [], values.shape));
    }
    const folded = await model.forward(x).data();
    const difference = (other: Float32Array | Int32Array | Uint8Array): number =>
      Math.max(...before.map((value, i) => Math.abs(value - (other[i] ?? NaN))));
    expect(difference(folded)).toBeLessThan(1e-6);
    expect(difference(alone)).toBeGreaterThan(1e-2);
  });

  it('keeps the order of a weight that is stored turned round', async () => {
    const weight: Parameter = { name: 'w', role: 'encoder', variable: variable([2, 3], 0) };
    const layer = new Turned('turned', weight);
    layer.setPair({ a: variable([3, 1], 1), b: variable([1, 2], 2) });
    const { data, shape } = (await mergedParameters({ layers: [layer], parameters: [weight] })).get('w') ?? {
      data: [],
      shape: [],
    };
    expect(shape).toEqual([2, 3]);
    layer.foldPair();
    const expected = await weight.variable.data();
    expect([...data].map((value, i) => Math.abs(value - (expected[i] ?? NaN)) < 1e-7)).toEqual(
      Array<boolean>(6).fill(true),
    );
  });
});
