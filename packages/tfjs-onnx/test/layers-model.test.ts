/**
 * Whole models of tfjs's Layers API, compiled: outputs, loss and gradients are those of the cpu backend.
 *
 * @jest-environment ./test/node-arrays-environment.mjs
 */
import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, type NamedTensors } from '../src/index.js';
import { Random } from './contract/random.js';
import { get } from './contract/case.js';
import { difference } from './difference.js';

const convolutional = (): tf.Sequential =>
  tf.sequential({
    layers: [
      tf.layers.conv2d({
        filters: 4,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
        inputShape: [8, 8, 2],
      }),
      tf.layers.batchNormalization(),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.separableConv2d({ filters: 6, kernelSize: 2, activation: 'elu' }),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });

const recurrent = (): tf.Sequential =>
  tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: 11, outputDim: 4, inputLength: 5 }),
      tf.layers.bidirectional({
        layer: tf.layers.lstm({ units: 3, returnSequences: true }),
        mergeMode: 'concat',
      }),
      tf.layers.gru({ units: 3 }),
      tf.layers.layerNormalization(),
      tf.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

it.each([
  { title: 'convolutional', make: convolutional, input: (r: Random) => r.floats([5, 8, 8, 2]) },
  {
    title: 'recurrent',
    make: recurrent,
    input: (r: Random) => tf.cast(r.integers([5, 5], 0, 10), 'float32'),
  },
])('$title', async ({ make, input }) => {
  const model = make();
  const variables = Object.values(tf.engine().registeredVariables);
  const trainable = variables.filter((variable) => variable.trainable);
  const step = (inputs: NamedTensors): NamedTensors => {
    const { value, grads } = tf.variableGrads(() => {
      const predicted = model.apply(get(inputs, 'x'), { training: false });
      if (!(predicted instanceof tf.Tensor)) throw new Error('one output expected');
      return tf.losses.logLoss(get(inputs, 'y'), predicted).asScalar();
    }, trainable);
    return { value, ...grads };
  };
  const random = new Random(4);
  const inputs = { x: input(random), y: tf.oneHot(random.integers([5], 0, 2), 3, 1, 0, 'float32') };
  const fn = compile(step, { variables, threads: 1 });
  const actual = await fn.run(inputs);
  const expected = step(inputs);
  expect(Object.keys(actual).length).toBeGreaterThan(5);
  for (const [name, tensor] of Object.entries(expected)) {
    const worst = difference(await get(actual, name).data(), await tensor.data());
    expect({ name, worst, close: worst < 1e-5 }).toEqual({ name, worst, close: true });
  }
  await fn.dispose();
  model.dispose();
  tf.disposeVariables();
});
