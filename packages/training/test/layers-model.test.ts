/**
 * A tfjs layers model with a convolution, batch normalisation and dropout, trained on every engine that runs on a CPU.
 *
 * @jest-environment ../../packages/tfjs-onnx/test/node-arrays-environment.mjs
 */
import { adaptLayersModel, attachMethod } from '@ggm-peft/adapters';
import type { MethodName } from '@ggm-peft/adapters';
import { startEngine } from '@ggm-peft/engine';
import { normals, seededGenerator } from '@ggm-peft/random';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { arraySource, compileForward, predict, train } from '../src/index.js';
import type { BatchSource } from '../src/index.js';

const side = 6;

/** Pictures with a bright row (class 0) or a bright column (class 1), and noise. */
function pictures(size: number): BatchSource {
  const generator = seededGenerator(3);
  const normal = normals(generator);
  const labels = Array.from({ length: size }, () => generator.below(2));
  const data = new Float32Array(size * side * side);
  for (const [index, label] of labels.entries()) {
    const line = generator.below(side);
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const bright = (label === 0 ? row : column) === line;
        data[(index * side + row) * side + column] = Number(bright) + 0.3 * normal();
      }
    }
  }
  return arraySource({ picture: { data, shape: [size, side, side, 1] } }, labels);
}

/** The same weights at every call. */
function makeModel(): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 4, kernelSize: 3, inputShape: [side, side, 1], activation: 'relu' }),
      tf.layers.batchNormalization(),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ name: 'query', units: 12, activation: 'relu' }),
      tf.layers.dropout({ rate: 0.1 }),
      tf.layers.dense({ name: 'out', units: 2, activation: 'softmax' }),
    ],
  });
  const normal = normals(seededGenerator(7));
  tf.tidy(() => {
    model.setWeights(
      model.weights.map(({ shape, originalName }) => {
        const values = tf.tensor(
          Array.from({ length: shape.reduce<number>((n, s) => n * (s ?? 1), 1) }, () => 0.4 * normal()),
          shape.map((s) => s ?? 1),
        );
        return /gamma|variance/.test(originalName) ? tf.add(tf.abs(values), 1) : values;
      }),
    );
  });
  return model;
}

interface Run {
  readonly losses: readonly number[];
  readonly logits: readonly number[];
  /** What batch normalisation keeps, before and after. */
  readonly averages: readonly (readonly number[])[];
}

async function run(engineName: 'cpu' | 'wasm' | 'onnx', name: MethodName): Promise<Run> {
  const engine = await startEngine(engineName);
  const base = makeModel();
  try {
    const averages = (): number[] =>
      base.weights.flatMap((weight) =>
        weight.originalName.includes('moving') ? [...weight.read().dataSync()] : [],
      );
    const before = averages();
    const model = adaptLayersModel(base);
    const method =
      name === 'apca'
        ? await attachMethod(model, name, { rank: 2, targetNodes: 2, importantNodes: 1, sites: ['query'] })
        : await attachMethod(model, name);
    const source = pictures(48);
    const losses: number[] = [];
    await train({
      engine,
      model,
      method,
      objective: 'classification',
      train: source,
      epochs: 4,
      batchSize: 12,
      learningRates: { encoder: 0.01, head: 0.02 },
      onEvent: (event) => {
        if (event.type === 'step') losses.push(event.loss);
      },
    });
    const { logits } = await predict(engine, compileForward(engine, model), source);
    return { losses, logits: [...logits], averages: [before, averages()] };
  } finally {
    base.dispose();
    await engine.dispose();
  }
}

// tfjs-backend-wasm cannot train a convolution: it lacks the gradient of its filter.
describe.each([
  { name: 'apca', others: ['wasm', 'onnx'] },
  { name: 'full', others: ['onnx'] },
] as const)('train, with $name on a layers model', ({ name, others }) => {
  let onCpu: Run;
  beforeAll(async () => {
    onCpu = await run('cpu', name);
  });

  it('learns, and leaves the moving averages as they are', () => {
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(onCpu.losses.slice(-4))).toBeLessThan(0.7 * mean(onCpu.losses.slice(0, 4)));
    expect(onCpu.averages[1]).toEqual(onCpu.averages[0]);
  });

  it.each(others)('does the same on %s', async (engine) => {
    const { losses, logits } = await run(engine, name);
    losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(onCpu.losses[i] ?? NaN, 3);
    });
    logits.forEach((logit, i) => {
      expect(logit).toBeCloseTo(onCpu.logits[i] ?? NaN, 2);
    });
  });
});
