/** The model that the example starts from: a plain tfjs model, trained by tfjs's own `fit` on upright digits. */
import * as tf from '@tensorflow/tfjs';

import { classes, side } from './digits.js';
import type { Digits } from './digits.js';

/** Units of the two hidden layers. */
const widths = [128, 128] as const;

/** pixels [64] → Dense → batch normalisation → dropout → Dense → Dense, softmax [10] */
export function makeModel(): tf.LayersModel {
  const initialiser = (seed: number) => tf.initializers.glorotNormal({ seed });
  return tf.sequential({
    name: 'digits',
    layers: [
      tf.layers.dense({
        name: 'strokes',
        units: widths[0],
        inputShape: [side * side],
        activation: 'relu',
        kernelInitializer: initialiser(1),
      }),
      tf.layers.batchNormalization({ name: 'norm' }),
      tf.layers.dropout({ name: 'drop', rate: 0.1, seed: 1 }),
      tf.layers.dense({
        name: 'shapes',
        units: widths[1],
        activation: 'relu',
        kernelInitializer: initialiser(2),
      }),
      tf.layers.dense({
        name: 'digit',
        units: classes,
        activation: 'softmax',
        kernelInitializer: initialiser(3),
      }),
    ],
  });
}

/** Trains the model as tfjs does it; nothing of ggm-peft is in it. */
export async function pretrain(model: tf.LayersModel, { pixels, labels }: Digits): Promise<void> {
  model.compile({ loss: 'sparseCategoricalCrossentropy', optimizer: tf.train.adam(0.002) });
  const x = tf.tensor2d(pixels, [labels.length, side * side]);
  const y = tf.tensor1d([...labels], 'float32');
  // The data are in random order already; tfjs would shuffle them without a seed.
  await model.fit(x, y, { epochs: 6, batchSize: 64, shuffle: false });
  tf.dispose([x, y]);
}

/** Share of digits that the model tells right, by tfjs's own `predict`. */
export function accuracy(model: tf.LayersModel, digits: Digits): number {
  const found = predictions(model, digits);
  return digits.labels.filter((label, i) => label === argMax(found, i)).length / digits.labels.length;
}

/** Probabilities [size, 10], row-major. */
export function predictions(model: tf.LayersModel, { pixels, labels }: Digits): Float32Array {
  return tf.tidy(() => {
    const output = model.predict(tf.tensor2d(pixels, [labels.length, side * side]));
    if (Array.isArray(output)) throw new Error('predictions: the model must have one output');
    return Float32Array.from(output.dataSync());
  });
}

function argMax(rows: Float32Array, row: number): number {
  const values = rows.subarray(row * classes, (row + 1) * classes);
  return values.indexOf(Math.max(...values));
}
