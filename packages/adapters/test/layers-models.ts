/** tfjs models of several kinds, with fixed weights, for tests of `adaptLayersModel`. */
import * as tf from '@tensorflow/tfjs';

import { toyValues } from './toy-model.js';

/** Gives every weight values that depend on its place alone; variances stay positive. */
function fill<T extends tf.LayersModel>(model: T): T {
  tf.tidy(() => {
    model.setWeights(
      model.getWeights().map((weight, i) => {
        const values = tf.tensor(toyValues(weight.size, i + 1), weight.shape);
        return model.weights[i]?.originalName.endsWith('moving_variance') === true
          ? tf.add(tf.abs(values), 0.5)
          : values;
      }),
    );
  });
  return model;
}

/** Dense, batch normalisation, dropout, Dense, softmax: [8] → [3]. */
export function sequentialModel(): tf.LayersModel {
  return fill(
    tf.sequential({
      layers: [
        tf.layers.dense({ name: 'hidden', units: 6, inputShape: [8], activation: 'relu' }),
        tf.layers.batchNormalization({ name: 'norm' }),
        tf.layers.dropout({ name: 'drop', rate: 0.5 }),
        tf.layers.dense({ name: 'middle', units: 5, activation: 'tanh', useBias: false }),
        tf.layers.dense({ name: 'out', units: 3, activation: 'softmax' }),
      ],
    }),
  );
}

/** A convolution, a Dense, and an activation layer of its own at the end: [4, 4, 1] → [3]. */
export function convolutionalModel(): tf.LayersModel {
  return fill(
    tf.sequential({
      layers: [
        tf.layers.conv2d({ name: 'conv', filters: 2, kernelSize: 3, inputShape: [4, 4, 1] }),
        tf.layers.flatten({ name: 'flat' }),
        tf.layers.dense({ name: 'hidden', units: 6, activation: 'elu' }),
        tf.layers.dense({ name: 'out', units: 3 }),
        tf.layers.softmax({ name: 'probabilities' }),
      ],
    }),
  );
}

/**
 * Two inputs, float [6] and int32 ids [4]; a Dense layer used twice, a nested model, Dense under TimeDistributed, a recurrent
 * layer in both directions, and one sigmoid at the end.
 */
export function functionalModel(): tf.LayersModel {
  const x = tf.input({ shape: [6], name: 'x' });
  const ids = tf.input({ shape: [4], name: 'ids', dtype: 'int32' });
  const shared = tf.layers.dense({ name: 'shared', units: 6, activation: 'tanh' });
  const twice = shared.apply(shared.apply(x)) as tf.SymbolicTensor;
  const inner = tf.sequential({
    name: 'inner',
    layers: [tf.layers.dense({ name: 'first', units: 4, inputShape: [6] })],
  });
  const vectors = tf.layers.embedding({ name: 'words', inputDim: 10, outputDim: 5 }).apply(ids);
  const steps = tf.layers
    .timeDistributed({ name: 'each', layer: tf.layers.dense({ name: 'step', units: 4 }) })
    .apply(vectors);
  const states = tf.layers
    .bidirectional({ name: 'both', layer: tf.layers.simpleRNN({ units: 3 }), mergeMode: 'concat' })
    .apply(steps) as tf.SymbolicTensor;
  const joined = tf.layers
    .concatenate({ name: 'joined' })
    .apply([inner.apply(twice) as tf.SymbolicTensor, states]);
  const y = tf.layers.dense({ name: 'choice', units: 1, activation: 'sigmoid' }).apply(joined);
  return fill(tf.model({ inputs: [x, ids], outputs: y as tf.SymbolicTensor }));
}

export function floats(seed: number, ...shape: number[]): tf.Tensor {
  return tf.tensor(
    toyValues(
      shape.reduce((product, side) => product * side, 1),
      seed,
    ),
    shape,
  );
}

export const ids = (): tf.Tensor => tf.tensor2d([1, 4, 4, 0, 9, 7, 2, 3], [2, 4], 'int32');
