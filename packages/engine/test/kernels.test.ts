/** Whether what a training step uses is there on every engine, those included that cannot run here. */
import { createRequire } from 'node:module';
import { eagerStreams } from '@ggm-peft/tfjs-onnx';
import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { probeInChild } from '../src/backends/probe-in-child.js';
import { publishedKernels } from '../src/published-kernels.js';
import { recordKernels } from '../src/record-kernels.js';
import { startEngine } from '../src/start-engine.js';
import { smallBatch, smallGradients, smallStreams, smallWeights } from './small-transformer.js';

const require = createRequire(import.meta.url);

async function usedKernels(engineName: 'wasm' | 'cpu'): Promise<string[]> {
  const engine = await startEngine(engineName);
  const weights = smallWeights();
  const examples = smallBatch();
  const { kernels, result } = await recordKernels(() =>
    tf.tidy(() => smallGradients(weights, examples, eagerStreams(smallStreams, 0).dropout)),
  );
  tf.dispose([weights, { ...examples }, result]);
  await engine.dispose();
  return kernels;
}

describe('recordKernels', () => {
  it('records kernels of forward and gradient, each once, in order', async () => {
    const engine = await startEngine('cpu');
    const x = tf.tensor2d([[1, 2]]);
    const { kernels, result } = await recordKernels(() =>
      tf.tidy(() => tf.grad((v) => tf.sum(tf.tanh(tf.matMul(v, v, false, true))))(x)),
    );
    expect(kernels).toEqual([...new Set(kernels)].sort());
    expect(kernels).toEqual(expect.arrayContaining(['BatchMatMul', 'Tanh', 'Square', 'Sum', 'Multiply']));
    expect(result.shape).toEqual([1, 2]);
    tf.dispose([x, result]);
    await engine.dispose();
  });

  it('waits for a promise', async () => {
    const engine = await startEngine('cpu');
    const { kernels, result } = await recordKernels(async () => {
      await Promise.resolve();
      return tf.tidy(() => tf.exp(tf.ones([2])));
    });
    expect(kernels).toContain('Exp');
    result.dispose();
    await engine.dispose();
  });

  it('finds what a small transformer’s training step is known to use', async () => {
    expect(await usedKernels('cpu')).toEqual(
      expect.arrayContaining([
        'BatchMatMul',
        'Erf',
        'GatherV2',
        'Rsqrt',
        'Softmax',
        'Transpose',
        'UnsortedSegmentSum',
      ]),
    );
  });
});

describe('publishedKernels', () => {
  const isInstalled = publishedKernels('@tensorflow/tfjs-node-gpu') !== undefined;
  const run = isInstalled ? it : it.skip;

  run('lists the kernels of tfjs-node-gpu (skipped where the package is not installed)', () => {
    const kernels = publishedKernels('@tensorflow/tfjs-node-gpu') ?? [];
    // 154 in 4.22.0
    expect(kernels.length).toBeGreaterThan(140);
    expect(kernels).toEqual(
      expect.arrayContaining(['_FusedMatMul', 'BatchMatMul', 'UnsortedSegmentSum', 'Erf']),
    );
    expect(kernels).toEqual(publishedKernels('@tensorflow/tfjs-node'));
  });
});

describe('the kernels of a small transformer’s training step', () => {
  it('are on the wasm engine', async () => {
    const used = await usedKernels('wasm');
    expect(used).toContain('UnsortedSegmentSum');
    expect(used).toEqual(await usedKernels('cpu'));
  });

  const published = publishedKernels('@tensorflow/tfjs-node-gpu');
  const runPublished = published === undefined ? it.skip : it;
  runPublished('are on tfjs-node-gpu (skipped where the package is not installed)', async () => {
    const used = await usedKernels('cpu');
    expect(used.filter((name) => !(published ?? []).includes(name))).toEqual([]);
  });

  it('are on webgpu', async () => {
    // The package registers its kernels without a GPU, but is to be kept out of this process
    const result = await probeInChild(
      `Object.defineProperty(globalThis, 'navigator', { value: { gpu: {} }, configurable: true });
       const tf = require(args[0]);
       require(args[1]);
       return { names: tf.getKernelsForBackend('webgpu').map(({ kernelName }) => kernelName) };`,
      ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu'].map((name) => require.resolve(name)),
      60,
    );
    const names: unknown = result.ok ? result.found['names'] : undefined;
    expect(Array.isArray(names)).toBe(true);
    const used = await usedKernels('cpu');
    expect(names).toEqual(expect.arrayContaining(used));
  });
});
