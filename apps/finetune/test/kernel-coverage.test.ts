/**
 * Every tfjs kernel that a real training run uses, from forward to optimiser and evaluation, is there on every engine:
 * on tfjs-node and tfjs-node-gpu too, whose native part cannot be had everywhere, by their published JavaScript.
 */
import { attachMethod, methodNames } from '@ggm-peft/adapters';
import { collate, encoderInputs, loadRoberta } from '@ggm-peft/encoders';
import { publishedKernels, recordKernels, startEngine } from '@ggm-peft/engine';
import { seededGenerator } from '@ggm-peft/random';
import { compileForward, predict, train } from '@ggm-peft/training';
import type { BatchSource, Objective } from '@ggm-peft/training';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { embeddedModel } from '../src/embedded.js';

const padTokenId = 1;
const generator = seededGenerator(0);
const encodings = Array.from({ length: 8 }, (_, i) => [
  0,
  ...Array.from({ length: 2 + i }, () => 10 + generator.below(8000)),
  2,
]);
const source: BatchSource = {
  size: encodings.length,
  length: (index) => encodings[index]?.length ?? 0,
  batch: (indices) => ({
    inputs: encoderInputs(
      collate(
        indices.map((index) => encodings[index] ?? []),
        padTokenId,
      ),
      padTokenId,
    ),
    labels: Float32Array.from(indices, (index) => index % 2),
  }),
};

/** Trains and evaluates in small and returns the kernels that took part. */
async function usedKernels(method: (typeof methodNames)[number], objective: Objective): Promise<string[]> {
  const engine = await startEngine('wasm', { threads: 1 });
  const { kernels } = await recordKernels(async () => {
    const model = await loadRoberta(embeddedModel, { outputs: objective === 'regression' ? 1 : 2 });
    const attached = await attachMethod(
      model,
      method,
      method === 'apca' ? { rank: 2, targetNodes: 10, importantNodes: 4 } : {},
    );
    await train({
      engine,
      model,
      method: attached,
      objective,
      train: source,
      epochs: 3,
      batchSize: 4,
      learningRates: { encoder: 1e-3, head: 1e-3 },
      optimiser: { weightDecay: 0.01 },
    });
    await predict(engine, compileForward(engine, model), source);
    attached.dispose();
    model.dispose();
    return tf.scalar(0);
  });
  await engine.dispose();
  return kernels;
}

/** Kernels that @ggm-peft/adapters registers itself, on any backend; they are made of others, which are recorded too. */
const own: readonly string[] = ['LowRankMergedProduct'];

const used = new Set<string>();

beforeAll(async () => {
  for (const method of methodNames) {
    for (const kernel of await usedKernels(method, 'classification')) used.add(kernel);
  }
  for (const kernel of await usedKernels('bitfit', 'regression')) used.add(kernel);
  for (const kernel of own) used.delete(kernel);
});

describe('a training run', () => {
  it('uses the kernels that one expects of it', () => {
    expect([...used]).toEqual(
      expect.arrayContaining(['BatchMatMul', 'Erf', 'GatherV2', 'OneHot', 'Softmax', 'UnsortedSegmentSum']),
    );
  });

  for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const) {
    const published = publishedKernels(name);
    const run = published === undefined ? it.skip : it;
    run(
      `finds them all in ${name}${published === undefined ? ' (skipped: the package is not installed)' : ''}`,
      () => {
        expect([...used].filter((kernel) => published?.includes(kernel) !== true)).toEqual([]);
      },
    );
  }

  it('finds them all on wasm', async () => {
    const engine = await startEngine('wasm', { threads: 1 });
    const known = new Set(tf.getKernelsForBackend('wasm').map(({ kernelName }) => kernelName));
    expect([...used].filter((kernel) => !known.has(kernel))).toEqual([]);
    await engine.dispose();
  });

  it('finds them all on webgpu', async () => {
    await import('@tensorflow/tfjs-backend-webgpu');
    const known = new Set(tf.getKernelsForBackend('webgpu').map(({ kernelName }) => kernelName));
    expect(known.size).toBeGreaterThan(100);
    expect([...used].filter((kernel) => !known.has(kernel))).toEqual([]);
  });
});
